package dev.secateur.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.secateur.dataset.Allowance;
import dev.secateur.dataset.Dataset;
import dev.secateur.dataset.Target;
import dev.secateur.evaluate.Fault.Kind;
import dev.secateur.evaluate.Goal.Reading;
import dev.secateur.evaluate.Goal.Scale;
import dev.secateur.graph.Predictor;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.plan.Measure;
import dev.secateur.plan.Preprocessing;
import dev.secateur.plan.Task;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EvaluatorTest {
  /** Gives its input back: a set's samples are then its outputs. */
  private record Identity(Shape shape) implements Predictor {
    @Override
    public List<Shape> inputShapes() {
      return List.of(shape);
    }

    @Override
    public List<Shape> outputShapes() {
      return List.of(shape);
    }

    @Override
    public List<Tensor> predict(List<Tensor> inputs) {
      return inputs;
    }

    @Override
    public void close() {}
  }

  /** Outputs, and targets of {@code shape}: empty for none. */
  private record Outputs(
      Shape output, float[] values, Target.Form form, Shape shape, float[] wanted)
      implements Dataset {
    @Override
    public int size() {
      return (int) (values.length / output.size());
    }

    @Override
    public List<Shape> inputs() {
      return List.of(output);
    }

    @Override
    public List<Target> targets() {
      return wanted.length == 0
          ? List.of()
          : List.of(new Target("y", form, shape, new Target.Content(false, false, true)));
    }

    @Override
    public List<String> classes() {
      return List.of();
    }

    @Override
    public Batch batch(int[] indices) {
      return new Batch(
          List.of(rows(output, values, indices)),
          wanted.length == 0 ? List.of() : List.of(rows(shape, wanted, indices)));
    }

    private static Tensor rows(Shape shape, float[] all, int[] indices) {
      int size = (int) shape.size();
      float[] rows = new float[indices.length * size];
      for (int i = 0; i < indices.length; i++) {
        System.arraycopy(all, indices[i] * size, rows, i * size, size);
      }
      return new Tensor(shape.withBatch(indices.length), rows);
    }

    @Override
    public Dataset prepared(Preprocessing other) {
      throw new UnsupportedOperationException();
    }

    @Override
    public String digest() {
      return "";
    }

    @Override
    public void close() {}
  }

  private static Shape shape(int... dims) {
    int[] batched = new int[dims.length + 1];
    batched[0] = Shape.UNKNOWN;
    System.arraycopy(dims, 0, batched, 1, dims.length);
    return Shape.of(batched);
  }

  private static Judgement judge(Task task, Reading reading, Scale scale, Outputs set) {
    Goal goal = new Goal("y", task, reading, scale, set.output());
    Evaluator evaluator = new Evaluator(List.of(goal), set, () -> false);
    return evaluator.evaluate(new Identity(set.output())).outputs().get(0);
  }

  private static Judgement classes(int classes, float[] outputs, float... labels) {
    return judge(
        Task.CLASSIFICATION,
        Reading.CLASSES,
        Scale.BY_VALUE,
        new Outputs(shape(classes), outputs, Target.Form.CLASSES, shape(), labels));
  }

  private static Judgement decisions(Task task, int labels, float[] outputs, float... wanted) {
    return judge(
        task,
        Reading.DECISIONS,
        Scale.BY_VALUE,
        new Outputs(shape(labels), outputs, Target.Form.NUMBERS, shape(labels), wanted));
  }

  private static Judgement numbers(float[] outputs, float... wanted) {
    return judge(
        Task.REGRESSION,
        Reading.NUMBERS,
        Scale.BY_VALUE,
        new Outputs(shape(1), outputs, Target.Form.NUMBERS, shape(1), wanted));
  }

  @Test
  void probabilitiesGiveCrossEntropyOfTheLabelsShare() {
    Judgement judged = classes(3, new float[] {.5f, .25f, .25f, .1f, .2f, .7f}, 0, 1);
    assertThat(judged.measure(Measure.TOP1)).contains(0.5);
    assertThat(judged.measure(Measure.TOP5)).isEmpty();
    assertThat(judged.measure(Measure.LOSS).orElseThrow())
        .isCloseTo(-(Math.log(.5) + Math.log(.2)) / 2, within(1e-6));
    assertThat(judged.confusion())
        .containsExactly(List.of(1, 0, 0), List.of(0, 0, 1), List.of(0, 0, 0));
  }

  @Test
  void logitsAreToldByLeavingTheUnitInterval() {
    Judgement judged = classes(2, new float[] {2, 0, .5f, .5f}, 0, 1);
    double expected = (Math.log(1 + Math.exp(-2)) + Math.log(2)) / 2;
    assertThat(judged.measure(Measure.LOSS).orElseThrow()).isCloseTo(expected, within(1e-6));
  }

  @Test
  void softLabelsAreJudgedByTheirLikeliestClassAndTheirWholeCrossEntropy() {
    Judgement judged =
        judge(
            Task.CLASSIFICATION,
            Reading.CLASSES,
            Scale.PROBABILITIES,
            new Outputs(
                shape(2),
                new float[] {.8f, .2f, .4f, .6f},
                Target.Form.NUMBERS,
                shape(2),
                new float[] {.7f, .3f, .9f, .1f}));
    assertThat(judged.measure(Measure.TOP1)).contains(0.5);
    double first = -.7 * Math.log(.8) - .3 * Math.log(.2);
    double second = -.9 * Math.log(.4) - .1 * Math.log(.6);
    assertThat(judged.measure(Measure.LOSS).orElseThrow())
        .isCloseTo((first + second) / 2, within(1e-6));
  }

  @Test
  void topFiveCountsTheRightClassAmongTheFiveHighest() {
    float[] values = {.4f, .2f, .15f, .1f, .08f, .05f, .02f};
    assertThat(classes(7, values, 4).measure(Measure.TOP5)).contains(1.0);
    assertThat(classes(7, values, 5).measure(Measure.TOP5)).contains(0.0);
  }

  @Test
  void valuesThatAreNotFiniteNameNoClass() {
    float[] values = new float[12];
    Arrays.fill(values, Float.NaN);
    Judgement judged = classes(6, values, 0, 1);
    assertThat(judged.measure(Measure.TOP1)).contains(0.0);
    assertThat(judged.measure(Measure.TOP5)).contains(0.0);
    assertThat(judged.faults()).extracting(Fault::kind).contains(Kind.NOT_FINITE);
  }

  @Test
  void oneOutputIsTheProbabilityOfClassOne() {
    Judgement judged = decisions(Task.BINARY, 1, new float[] {.9f, .2f, .6f}, 1, 0, 0);
    assertThat(judged.measure(Measure.ACCURACY).orElseThrow()).isCloseTo(2 / 3.0, within(1e-9));
    assertThat(judged.measure(Measure.F1).orElseThrow()).isCloseTo(2 / 3.0, within(1e-9));
    assertThat(judged.measure(Measure.AVERAGE_PRECISION)).contains(1.0);
    assertThat(judged.confusion()).containsExactly(List.of(1, 1), List.of(0, 1));
  }

  @Test
  void averagePrecisionTakesEqualScoresAtOnceAndSkipsLabelsThatNeverOccur() {
    // Label 0: 1 (wanted), then 0.5 twice (one wanted); label 1 never occurs.
    float[] scores = {1, .1f, .5f, .2f, .5f, .3f, .2f, .4f};
    Judgement judged = decisions(Task.MULTI_LABEL, 2, scores, 1, 0, 1, 0, 0, 0, 0, 0);
    assertThat(judged.measure(Measure.AVERAGE_PRECISION).orElseThrow())
        .isCloseTo(0.5 * 1 + 0.5 * 2 / 3, within(1e-9));
  }

  @Test
  void regressionIsMeasuredInTheTargetsUnitAndBesideTheirSpread() {
    Judgement judged = numbers(new float[] {11, 19, 32, 38}, 10, 20, 30, 40);
    assertThat(judged.measure(Measure.MAE)).contains(1.5);
    assertThat(judged.measure(Measure.RMSE).orElseThrow()).isCloseTo(Math.sqrt(2.5), within(1e-9));
    assertThat(judged.measure(Measure.R2).orElseThrow()).isCloseTo(1 - 10 / 500.0, within(1e-9));
    assertThat(judged.faults()).isEmpty();
  }

  @Test
  void anImageThatIsGivenBackIsPerfect() {
    Judgement judged =
        judge(
            Task.RECONSTRUCTION,
            Reading.NUMBERS,
            Scale.BY_VALUE,
            new Outputs(
                shape(2), new float[] {1, 2, 3, 4}, Target.Form.NUMBERS, shape(), new float[0]));
    assertThat(judged.measure(Measure.MSE)).contains(0.0);
    assertThat(judged.measure(Measure.LOSS)).contains(0.0);
    assertThat(judged.measure(Measure.PSNR).orElseThrow()).isGreaterThan(140);
  }

  @Test
  void masksAreMeasuredByTheClassesThatOccur() {
    // Two pixels a sample, three classes, of which the last never occurs.
    float[] scores = {.9f, .1f, 0, .2f, .8f, 0, .7f, .3f, 0, .6f, .4f, 0};
    Judgement judged =
        judge(
            Task.SEGMENTATION,
            Reading.CLASSES,
            Scale.BY_VALUE,
            new Outputs(
                shape(1, 2, 3),
                scores,
                Target.Form.CLASSES,
                shape(1, 2),
                new float[] {0, 1, 0, 1}));
    assertThat(judged.measure(Measure.PIXEL_ACCURACY)).contains(0.75);
    assertThat(judged.measure(Measure.MIOU).orElseThrow())
        .isCloseTo((2 / 3.0 + 1 / 2.0) / 2, within(1e-9));
  }

  @Test
  void aVariantIsComparedWithTheOriginalsOutputs() {
    Goal goal = new Goal("y", Task.IMITATION, Reading.CLASSES, Scale.PROBABILITIES, shape(2));
    Outputs original = unlabelled(new float[] {.9f, .1f, .2f, .8f});
    try (RecordedOutputs recorded = RecordedOutputs.create(Allowance.ofProcess())) {
      Identity same = new Identity(shape(2));
      Judgement itself =
          new Evaluator(List.of(goal), original, () -> false)
              .evaluateOriginal(same, recorded)
              .outputs()
              .get(0);
      assertThat(itself.measure(Measure.AGREEMENT)).contains(1.0);
      assertThat(itself.divergence()).contains(0.0);
      Evaluator other =
          new Evaluator(List.of(goal), unlabelled(new float[] {.9f, .1f, .6f, .4f}), () -> false);
      for (int again = 0; again < 2; again++) {
        Judgement judged = other.evaluate(same, recorded.rewind()).outputs().get(0);
        assertThat(judged.measures())
            .containsOnlyKeys(Measure.AGREEMENT, Measure.BALANCED_AGREEMENT);
        assertThat(judged.measure(Measure.AGREEMENT)).contains(0.5);
        double second = .2 * Math.log(.2 / .6) + .8 * Math.log(.8 / .4);
        assertThat(judged.divergence().orElseThrow()).isCloseTo(second / 2, within(1e-6));
      }
    }
  }

  private static Outputs unlabelled(float[] values) {
    return new Outputs(shape(2), values, Target.Form.CLASSES, shape(), new float[0]);
  }

  private static List<Kind> kinds(Judgement judged) {
    return judged.faults().stream().map(Fault::kind).toList();
  }

  /**
   * Two networks that are equally good, on one set of samples: what their measures differ by is
   * luck, and lies within the standard errors as often as it should.
   */
  @Test
  void standardErrorsAreThoseOfLuck() {
    Random random = new Random(3);
    int rounds = 400;
    Map<Measure, Integer> beyond = new EnumMap<>(Measure.class);
    for (int round = 0; round < rounds; round++) {
      int samples = 300;
      float[] wanted = new float[samples];
      float[] before = new float[samples];
      float[] after = new float[samples];
      for (int i = 0; i < samples; i++) {
        wanted[i] = random.nextDouble() < 0.15 ? 1 : 0;
        float shared = (float) random.nextGaussian();
        before[i] = wanted[i] * 2 - 1 + shared + 0.5f * (float) random.nextGaussian();
        after[i] = wanted[i] * 2 - 1 + shared + 0.5f * (float) random.nextGaussian();
      }
      Judgement first = beside(before, before, wanted);
      Judgement second = beside(before, after, wanted);
      for (Measure measure : List.of(Measure.F1, Measure.BALANCED_ACCURACY)) {
        assertThat(first.standardErrors().get(measure)).isZero();
        double drop = first.measure(measure).orElseThrow() - second.measure(measure).orElseThrow();
        boolean lucky = drop > 1.645 * second.standardErrors().get(measure);
        beyond.merge(measure, lucky ? 1 : 0, Integer::sum);
      }
    }
    // One in twenty, give or take.
    assertThat(beyond.get(Measure.F1)).isBetween(rounds / 50, rounds / 10);
    assertThat(beyond.get(Measure.BALANCED_ACCURACY)).isBetween(rounds / 50, rounds / 10);
  }

  private static Judgement beside(float[] before, float[] after, float[] wanted) {
    Goal goal = new Goal("y", Task.BINARY, Reading.DECISIONS, Scale.LOGITS, shape(1));
    Identity same = new Identity(shape(1));
    try (RecordedOutputs recorded = RecordedOutputs.create(Allowance.ofProcess())) {
      new Evaluator(List.of(goal), binary(before, wanted), () -> false)
          .evaluateOriginal(same, recorded);
      return new Evaluator(List.of(goal), binary(after, wanted), () -> false)
          .evaluate(same, recorded.rewind())
          .outputs()
          .get(0);
    }
  }

  private static Outputs binary(float[] values, float[] wanted) {
    return new Outputs(shape(1), values, Target.Form.NUMBERS, shape(1), wanted);
  }

  @Test
  void recallOfRareClassesCountsLikeThatOfCommonOnes() {
    float[] never = new float[20];
    Arrays.fill(never, -1);
    never[0] = -2;
    float[] rare = new float[20];
    rare[0] = 1;
    assertThat(decisions(Task.BINARY, 1, never, rare).measure(Measure.BALANCED_ACCURACY))
        .contains(0.5);
    // The second of two labels, which is rare, is never given.
    float[] scores = {1, -1, 1, -1, -1, -1, -1, -1};
    float[] both = {1, 1, 1, 0, 0, 0, 0, 0};
    assertThat(decisions(Task.MULTI_LABEL, 2, scores, both).measure(Measure.BALANCED_ACCURACY))
        .contains((1 + 1 + 0 + 1) / 4.0);
    float[] first = {2, 0, 2, 0, 2, 1, 2, 0};
    assertThat(classes(2, first, 0, 0, 0, 1).measure(Measure.BALANCED_ACCURACY)).contains(0.5);
  }

  @Test
  void theScaleOfScoresIsTheOriginalsForAllThatIsMadeOfIt() {
    float[] wanted = {1, 0, 1, 0};
    Evaluation original =
        new Evaluator(
                List.of(new Goal("y", Task.BINARY, Reading.DECISIONS, Scale.BY_VALUE, shape(1))),
                binary(new float[] {3, -2, .4f, -.3f}, wanted),
                () -> false)
            .evaluate(new Identity(shape(1)));
    List<Goal> settled =
        original.settled(
            List.of(new Goal("y", Task.BINARY, Reading.DECISIONS, Scale.BY_VALUE, shape(1))));
    assertThat(settled.get(0).scale()).isEqualTo(Scale.LOGITS);
    // Logits of another variant that happen to lie in [0, 1] are logits all the same.
    Judgement other =
        new Evaluator(settled, binary(new float[] {.9f, 0, .4f, 0}, wanted), () -> false)
            .evaluate(new Identity(shape(1)))
            .outputs()
            .get(0);
    assertThat(other.measure(Measure.ACCURACY)).contains(1.0);
  }

  @Test
  void constantAnswersAreAFaultForEveryReading() {
    assertThat(kinds(classes(2, new float[] {.9f, .1f, .9f, .1f}, 0, 1))).contains(Kind.CONSTANT);
    assertThat(kinds(decisions(Task.BINARY, 1, new float[] {.3f, .3f}, 0, 1)))
        .contains(Kind.CONSTANT);
    assertThat(kinds(numbers(new float[] {5, 5}, 1, 2))).contains(Kind.CONSTANT);
  }

  @Test
  void targetsThatNeverVaryAreAFaultForEveryReading() {
    assertThat(kinds(classes(2, new float[] {.9f, .1f, .8f, .2f}, 0, 0)))
        .containsExactly(Kind.SAME_TARGETS);
    assertThat(kinds(decisions(Task.BINARY, 1, new float[] {.3f, .4f}, 0, 0)))
        .containsExactly(Kind.SAME_TARGETS);
    assertThat(kinds(numbers(new float[] {5, 6}, 1, 1))).containsExactly(Kind.SAME_TARGETS);
  }

  @Test
  void answersWithoutSkillAreAtChanceAndSkilledOnesAreNot() {
    Random random = new Random(1);
    for (int classes : new int[] {2, 3, 10, 100}) {
      for (double rare : new double[] {1, 0.05}) {
        int samples = 20_000;
        float[] labels = new float[samples];
        float[] guesses = new float[samples * classes];
        float[] skilled = new float[samples * classes];
        float[] likelier = new float[samples * classes];
        for (int i = 0; i < samples; i++) {
          labels[i] = random.nextDouble() < rare ? random.nextInt(classes) : 0;
          for (int c = 0; c < classes; c++) {
            double noise = 2 * random.nextGaussian();
            guesses[i * classes + c] = (float) noise;
            skilled[i * classes + c] = (float) (noise + (c == labels[i] ? 4 : 0));
            // Always the common class, with a little doubt.
            likelier[i * classes + c] = (float) (noise / 1000 + (c == 0 ? 3 : 0));
          }
        }
        String which = classes + " classes, " + rare;
        assertThat(kinds(classes(classes, guesses, labels))).as(which).contains(Kind.CHANCE);
        assertThat(kinds(classes(classes, likelier, labels))).as(which).contains(Kind.CHANCE);
        assertThat(classes(classes, skilled, labels).faults().stream().filter(Fault::certain))
            .as(which)
            .isEmpty();
      }
    }
  }

  @Test
  void certaintyInWrongAnswersIsAFaultThatOvertrainingDoesNotReach() {
    int samples = 200;
    float[] labels = new float[samples];
    float[] outputs = new float[samples * 2];
    for (int i = 0; i < samples; i++) {
      labels[i] = i % 2;
      boolean right = i % 5 != 0;
      outputs[2 * i + (right == (i % 2 == 0) ? 0 : 1)] = 1;
    }
    float[] overtrained = outputs.clone();
    float[] raw = outputs.clone();
    for (int i = 0; i < outputs.length; i++) {
      overtrained[i] *= 6;
      raw[i] *= 255;
    }
    assertThat(classes(2, overtrained, labels).faults().stream().filter(Fault::certain)).isEmpty();
    assertThat(kinds(classes(2, raw, labels))).containsExactly(Kind.OVERCONFIDENT);
  }

  /** Any scale that sharpens such answers makes their loss smaller: that proves nothing. */
  @Test
  void answersThatAreLessCertainThanRightAreNoFault() {
    int samples = 100;
    float[] labels = new float[samples];
    float[] logits = new float[samples * 2];
    float[] scores = new float[samples];
    for (int i = 0; i < samples; i++) {
      labels[i] = i % 2;
      logits[2 * i + i % 2] = 1 + 0.01f * i;
      scores[i] = (i % 2 == 0 ? -1 : 1) * (1 + 0.01f * i);
    }
    Judgement hedged = classes(2, logits, labels);
    assertThat(hedged.measure(Measure.TOP1)).contains(1.0);
    assertThat(hedged.measure(Measure.LOSS).orElseThrow()).isGreaterThan(0.15);
    assertThat(kinds(hedged)).isEmpty();
    assertThat(kinds(decisions(Task.BINARY, 1, scores, labels))).isEmpty();
  }

  @Test
  void numbersNoBetterThanTheTargetsMeanAreAtChance() {
    Random random = new Random(2);
    float[] wanted = new float[100];
    float[] noise = new float[100];
    float[] close = new float[100];
    for (int i = 0; i < wanted.length; i++) {
      wanted[i] = 40 + 10 * (float) random.nextGaussian();
      noise[i] = 40 + 10 * (float) random.nextGaussian();
      close[i] = wanted[i] + 5 * (float) random.nextGaussian();
    }
    assertThat(kinds(numbers(noise, wanted))).containsExactly(Kind.CHANCE);
    assertThat(kinds(numbers(close, wanted))).isEmpty();
  }
}
