package dev.secateur.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.secateur.evaluate.Goal.Reading;
import dev.secateur.evaluate.Goal.Scale;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.plan.Measure;
import dev.secateur.plan.Task;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** On labels that are drawn from the original's own probabilities. */
class ExpectedDropTest {
  private static final int SAMPLES = 20_000;
  private static final int CLASSES = 5;

  /** What the scores are; decisions have one each. */
  private enum Kind {
    CLASS_PROBABILITIES(Reading.CLASSES, Task.CLASSIFICATION, Scale.PROBABILITIES, CLASSES),
    CLASS_LOGITS(Reading.CLASSES, Task.CLASSIFICATION, Scale.LOGITS, CLASSES),
    DECISION_PROBABILITIES(Reading.DECISIONS, Task.BINARY, Scale.PROBABILITIES, 1),
    DECISION_LOGITS(Reading.DECISIONS, Task.BINARY, Scale.LOGITS, 1);

    private final Reading reading;
    private final Task task;
    private final Scale scale;
    private final int scores;

    Kind(Reading reading, Task task, Scale scale, int scores) {
      this.reading = reading;
      this.task = task;
      this.scale = scale;
      this.scores = scores;
    }

    Measure measure() {
      return task == Task.BINARY ? Measure.ACCURACY : Measure.TOP1;
    }

    /** What a network gives for these logits. */
    float[] output(double[] logits) {
      float[] output = new float[scores];
      double[] p = probabilities(logits);
      for (int i = 0; i < scores; i++) {
        output[i] = (float) (scale == Scale.LOGITS ? logits[i] : p[i]);
      }
      return output;
    }

    private double[] probabilities(double[] logits) {
      double[] p = new double[scores];
      double sum = 0;
      for (int i = 0; i < scores; i++) {
        p[i] = Math.exp(logits[i]);
        sum += p[i];
      }
      for (int i = 0; i < scores; i++) {
        p[i] = scores == 1 ? p[i] / (1 + p[i]) : p[i] / sum;
      }
      return p;
    }

    float label(double[] logits, Random random) {
      double[] p = probabilities(logits);
      double at = random.nextDouble();
      if (scores == 1) {
        return at < p[0] ? 1 : 0;
      }
      int label = 0;
      for (; label < scores - 1 && at >= p[label]; label++) {
        at -= p[label];
      }
      return label;
    }
  }

  /**
   * @param sharpness of the labels: 1 as the original says
   */
  private static Judgement judged(Kind kind, double damage, double sharpness) {
    Shape shape = Shape.of(kind.scores);
    Judge judge = Judge.of(new Goal("y", kind.task, kind.reading, kind.scale, shape), true);
    Random random = new Random(7);
    for (int n = 0; n < SAMPLES; n++) {
      double[] logits = random.doubles(kind.scores, -2, 2).toArray();
      double[] other = logits.clone();
      double[] sharp = logits.clone();
      for (int i = 0; i < kind.scores; i++) {
        other[i] += damage * random.nextGaussian();
        sharp[i] *= sharpness;
      }
      judge.add(
          kind.output(other),
          Optional.of(new Tensor(Shape.of(1), new float[] {kind.label(sharp, random)})),
          Optional.of(kind.output(logits)),
          1);
    }
    return judge.judgement(SAMPLES);
  }

  @ParameterizedTest
  @EnumSource
  void itIsWhatCountingComesToOnManySamples(Kind kind) {
    Judgement original = judged(kind, 0, 1);
    Judgement damaged = judged(kind, 0.5, 1);
    double counted = value(original, kind) - value(damaged, kind);
    double changed = 1 - damaged.measure(Measure.AGREEMENT).orElseThrow();

    assertThat(original.expectedDrop()).contains(0.0);
    assertThat(counted).isPositive();
    // Both have the same labels: four standard errors of what changed.
    double luck = 4 * Math.sqrt(changed / SAMPLES);
    assertThat(damaged.expectedDrop().orElseThrow()).isPositive().isCloseTo(counted, within(luck));
  }

  @ParameterizedTest
  @EnumSource
  void anOriginalThatIsRightOftenerOrMoreSeldomThanItSaysTellsNothing(Kind kind) {
    assertThat(judged(kind, 0.5, 4).expectedDrop()).isEmpty();
    assertThat(judged(kind, 0.5, 0.25).expectedDrop()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void whatDecidesNothingIsExpectedToBeWrong(Kind kind) {
    Judgement broken = judged(kind, Double.NaN, 1);

    assertThat(broken.expectedDrop().orElseThrow())
        .isCloseTo(value(judged(kind, 0, 1), kind), within(4 / Math.sqrt(SAMPLES)));
  }

  private static double value(Judgement judgement, Kind kind) {
    return judgement.measure(kind.measure()).orElseThrow();
  }
}
