package dev.secateur.search;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.plan.Measure;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Verdicts on made-up trials, whose true drops are known. */
class LuckTest {
  private static final double ALLOWED = 0.01;
  private static final double ERROR = 0.005;

  private static Trial trial(int number, double loss, double error, double divergence) {
    return trial(number, loss, error, Optional.empty(), divergence);
  }

  private static Trial trial(
      int number, double loss, double error, Optional<Double> expected, double divergence) {
    return new Trial(
        number,
        1,
        new Point(0, 0, "int8", number),
        Optional.of(
            new Trial.Found(
                expected.isPresent() || loss <= ALLOWED,
                Measure.TOP1,
                Map.of(Measure.TOP1, 0.9 - loss),
                loss,
                error,
                error == 0 ? Optional.empty() : Optional.of(ALLOWED),
                expected,
                divergence,
                1,
                1,
                Optional.empty(),
                Optional.empty(),
                1,
                2000)),
        "made up",
        1);
  }

  private static boolean within(Trial trial) {
    return trial.found().orElseThrow().within();
  }

  @Test
  void eachRefusalAsksForMore() {
    assertThat(refusals(trial(1, 0.006, ERROR, 0.02))).isEqualTo(0);
    assertThat(refusals(trial(1, 0.0025, ERROR, 0.02))).isEqualTo(1);
    // Better known, so bolder.
    assertThat(refusals(trial(1, 0.02, ERROR, Optional.of(0.012), 0.02))).isEqualTo(0);
    assertThat(refusals(trial(1, 0.02, ERROR, Optional.of(0.009), 0.02))).isEqualTo(1);
    assertThat(refusals(trial(1, 0.02, ERROR, Optional.of(0.007), 0.02))).isEqualTo(2);
  }

  /** How many may come before it. */
  private static int refusals(Trial trial) {
    assertThat(within(Luck.settled(List.of(trial), 0).get(0))).isTrue();
    int refused = 0;
    while (within(Luck.settled(List.of(trial), refused + 1).get(0))) {
      refused++;
    }
    return refused;
  }

  @Test
  void aTrialAloneIsWithinByMoreThanItsLuck() {
    assertThat(within(Luck.settled(List.of(trial(1, 0.007, ERROR, 0.02)), 0).get(0))).isFalse();
  }

  /** The original knows the labels by heart: they say that three times as much was lost. */
  @Test
  void whatTheProbabilitiesLetExpectCountsInPlaceOfLabels() {
    Trial within = trial(1, 0.012, ERROR, Optional.of(0.004), 0.02);
    Trial beyond = trial(2, 0.004, ERROR, Optional.of(0.014), 0.02);

    assertThat(Luck.settled(List.of(within, beyond), 0))
        .extracting(LuckTest::within)
        .containsExactly(true, false);
  }

  @Test
  void whatIsNotCountedInSamplesIsLeftAsItWasJudged() {
    List<Trial> trials = List.of(trial(1, 0.0099, 0, 0.02), trial(2, 0.011, 0, 0.02));

    assertThat(Luck.settled(trials, 0)).isEqualTo(trials);
  }

  @Test
  void manyTrialsTellOneFromItsLuck() {
    int wrongly = 0;
    int within = 0;
    int clear = 0;
    int found = 0;
    for (int world = 0; world < 300; world++) {
      Random random = new Random(world);
      double slope = 0.15 + 0.2 * random.nextDouble();
      List<Trial> trials = new ArrayList<>();
      List<Double> truth = new ArrayList<>();
      for (int n = 1; n <= 16; n++) {
        double divergence = 0.005 * Math.pow(20, random.nextDouble());
        truth.add(slope * divergence * (1 + 0.05 * random.nextGaussian()));
        double measured = truth.get(n - 1) + ERROR * random.nextGaussian();
        trials.add(trial(n, measured, ERROR, divergence));
      }
      List<Trial> settled = Luck.settled(trials, 0);
      assertThat(Luck.settled(settled, 0)).isEqualTo(settled);
      for (int i = 0; i < settled.size(); i++) {
        boolean is = within(settled.get(i));
        within += is ? 1 : 0;
        wrongly += is && truth.get(i) > ALLOWED ? 1 : 0;
        clear += truth.get(i) < 0.4 * ALLOWED ? 1 : 0;
        found += is && truth.get(i) < 0.4 * ALLOWED ? 1 : 0;
      }
    }
    assertThat((double) wrongly / within).as("within, but for luck").isLessThan(0.05);
    assertThat((double) found / clear).as("of those clearly within").isGreaterThan(0.8);
  }
}
