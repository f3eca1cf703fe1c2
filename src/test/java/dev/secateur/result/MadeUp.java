package dev.secateur.result;

import dev.secateur.plan.Measure;
import dev.secateur.plan.Plan;
import dev.secateur.plan.Task;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Results of jobs that nobody ran. */
public final class MadeUp {
  private MadeUp() {}

  public static Variant variant(String name) {
    return variant(name, Task.CLASSIFICATION, Map.of(Measure.TOP1, 0.9), Map.of());
  }

  /** One whose accuracy is expected to fall. */
  public static Variant variant(String name, double expectedDrop) {
    return variant(
        name,
        Task.CLASSIFICATION,
        Map.of(Measure.TOP1, 0.9, Measure.AGREEMENT, 0.95),
        Map.of(),
        Optional.of(expectedDrop));
  }

  static Variant variant(
      String name, Task task, Map<Measure, Double> measures, Map<Measure, Double> errors) {
    return variant(name, task, measures, errors, Optional.empty());
  }

  static Variant variant(
      String name,
      Task task,
      Map<Measure, Double> measures,
      Map<Measure, Double> errors,
      Optional<Double> expectedDrop) {
    return new Variant(
        name,
        name,
        1,
        1,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        100,
        0,
        new Variant.Micros(1, 1),
        Optional.empty(),
        List.of(),
        measures,
        Optional.empty(),
        Map.of("y", new Variant.Output(task, measures, Optional.empty(), errors, expectedDrop)),
        List.of(),
        Optional.empty(),
        1,
        Optional.empty(),
        List.of(),
        List.of());
  }

  public static JobResult result(Plan plan, boolean accepted) {
    return result(plan, accepted, List.of(variant("original"), variant("int8")));
  }

  public static JobResult result(Plan plan, boolean accepted, List<Variant> variants) {
    return new JobResult(
        accepted ? Outcome.ACCEPTED : Outcome.REJECTED,
        "made up",
        plan,
        new JobResult.Model("net", "net.h5", "", "h5", "", 1),
        List.of(),
        variants,
        List.of(),
        Optional.empty(),
        List.of(),
        new Training(0, OptionalInt.empty(), List.of(), List.of()),
        Optional.empty(),
        Map.of(),
        List.of(),
        new JobResult.Process(Optional.empty(), 1, "", ""),
        Path.of("out"),
        List.of(),
        Optional.empty());
  }
}
