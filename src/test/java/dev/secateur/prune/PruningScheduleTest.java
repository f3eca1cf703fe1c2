package dev.secateur.prune;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.plan.FineTuning.Recipe;
import dev.secateur.plan.Pruning;
import dev.secateur.plan.Pruning.Schedule;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class PruningScheduleTest {
  private static final Offset<Float> EXACT = Offset.offset(1e-6f);

  private static PruningSchedule polynomial(
      double initial, double target, int begin, OptionalInt end, int frequency, int steps) {
    return new PruningSchedule(
        new Pruning(Schedule.POLYNOMIAL_DECAY, initial, target, begin, end, frequency),
        steps,
        Recipe.TUTORIAL);
  }

  private static List<Integer> updates(PruningSchedule schedule, int steps) {
    return IntStream.rangeClosed(1, steps).filter(schedule::updatesAt).boxed().toList();
  }

  @Test
  void polynomialDecayIsCubic() {
    PruningSchedule schedule = polynomial(0.2, 0.8, 100, OptionalInt.of(110), 3, 200);
    assertThat(schedule.sparsityAt(100)).isCloseTo(0.2f, EXACT);
    assertThat(schedule.sparsityAt(102)).isCloseTo(0.4928f, EXACT);
    assertThat(schedule.sparsityAt(105)).isCloseTo(0.725f, EXACT);
    assertThat(schedule.sparsityAt(110)).isCloseTo(0.8f, EXACT);
  }

  @Test
  void updatesFallOnTheGridFromBeginToEnd() {
    PruningSchedule schedule = polynomial(0, 0.5, 2, OptionalInt.of(10), 4, 20);
    assertThat(updates(schedule, 20)).containsExactly(2, 6, 10);
  }

  @Test
  void lastUpdateReachesTheTargetWhereTheEndIsOffTheGrid() {
    PruningSchedule schedule = polynomial(0, 0.5, 0, OptionalInt.of(10), 4, 20);
    assertThat(updates(schedule, 20)).containsExactly(4, 8);
    assertThat(schedule.sparsityAt(4)).isLessThan(0.5f);
    assertThat(schedule.sparsityAt(8)).isEqualTo(0.5f);
  }

  @Test
  void runThatEndsBeforeTheScheduleStillReachesTheTarget() {
    PruningSchedule schedule = polynomial(0, 0.5, 0, OptionalInt.of(1000), 100, 250);
    assertThat(updates(schedule, 250)).containsExactly(100, 200);
    assertThat(schedule.sparsityAt(200)).isEqualTo(0.5f);
  }

  @Test
  void runShorterThanTheFrequencyPrunesAtItsEnd() {
    PruningSchedule schedule = polynomial(0, 0.5, 0, OptionalInt.of(1000), 100, 30);
    assertThat(updates(schedule, 30)).containsExactly(30);
    assertThat(schedule.sparsityAt(30)).isEqualTo(0.5f);
  }

  @Test
  void automaticEndIsThreeQuartersOfTheRunOnTheGrid() {
    PruningSchedule schedule = polynomial(0, 0.5, 0, OptionalInt.empty(), 100, 626);
    assertThat(schedule.resolved().endStep()).hasValue(400);
    assertThat(updates(schedule, 626)).containsExactly(100, 200, 300, 400);
  }

  @Test
  void recommendedRecipeEndsAtAThirdOfTheRun() {
    PruningSchedule schedule = new PruningSchedule(Pruning.DEFAULT, 1565, Recipe.RECOMMENDED);
    assertThat(updates(schedule, 1565)).containsExactly(100, 200, 300, 400, 500);
    assertThat(schedule.sparsityAt(500)).isEqualTo(0.5f);
  }

  @Test
  void automaticEndOfAShortRunNeedsNoGrid() {
    PruningSchedule schedule = polynomial(0, 0.5, 0, OptionalInt.empty(), 100, 40);
    assertThat(schedule.resolved().endStep()).hasValue(30);
    assertThat(updates(schedule, 40)).containsExactly(30);
  }

  @Test
  void everyRunReachesTheTargetHoweverShort() {
    for (Schedule kind : Schedule.values()) {
      for (Recipe recipe : Recipe.values()) {
        for (int steps = 1; steps <= 40; steps++) {
          for (int begin : new int[] {0, 1, 3, 50}) {
            for (int frequency : new int[] {1, 7, 100}) {
              for (OptionalInt end :
                  List.of(OptionalInt.empty(), OptionalInt.of(begin), OptionalInt.of(60))) {
                Pruning pruning = new Pruning(kind, 0, 0.8, begin, end, frequency);
                PruningSchedule schedule = new PruningSchedule(pruning, steps, recipe);
                List<Integer> updates = updates(schedule, steps);
                assertThat(updates).as("%s in %d steps", pruning, steps).isNotEmpty();
                assertThat(schedule.sparsityAt(updates.get(updates.size() - 1)))
                    .as("%s in %d steps", pruning, steps)
                    .isEqualTo(0.8f);
              }
            }
          }
        }
      }
    }
  }

  @Test
  void constantSparsityGoesOnToTheEnd() {
    PruningSchedule schedule =
        new PruningSchedule(
            new Pruning(Schedule.CONSTANT, 0, 0.6, 5, OptionalInt.empty(), 10),
            40,
            Recipe.TUTORIAL);
    assertThat(updates(schedule, 40)).containsExactly(5, 15, 25, 35);
    assertThat(schedule.sparsityAt(5)).isEqualTo(0.6f);
  }
}
