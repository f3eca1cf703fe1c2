package dev.secateur.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.evaluate.Goal;
import dev.secateur.graph.Shape;
import dev.secateur.plan.Task;
import dev.secateur.result.Variant;
import dev.secateur.tflite.ArtifactCheck.Unlike;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DamageTest {
  private static final List<Goal> GOALS = List.of(goal("first"), goal("second"));

  private static Goal goal(String output) {
    return new Goal(
        output, Task.REGRESSION, Goal.Reading.NUMBERS, Goal.Scale.BY_VALUE, Shape.of(-1, 1));
  }

  private static Variant variant() {
    return new Variant(
        "int8",
        "int8.tflite",
        1,
        1,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        1,
        0,
        new Variant.Micros(1, 1),
        Optional.empty(),
        List.of(),
        Map.of(),
        Optional.empty(),
        Map.of(),
        List.of(new Variant.Fault("first", "chance", "is no better than a guess")),
        Optional.empty(),
        1,
        Optional.empty(),
        List.of(),
        List.of());
  }

  @Test
  void whatNothingIsLeftOfIsAFaultOfTheOutputBesideThoseThatEvaluationFound() {
    Damage damage = new Damage(Optional.of(new Unlike(1, "is noise")));
    assertThat(damage.on(variant(), GOALS).faults())
        .containsExactly(
            new Variant.Fault("first", "chance", "is no better than a guess"),
            new Variant.Fault("second", "noise", "is noise"));
    assertThat(new Damage(Optional.empty()).on(variant(), GOALS)).isEqualTo(variant());
  }
}
