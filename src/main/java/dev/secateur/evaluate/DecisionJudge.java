package dev.secateur.evaluate;

import dev.secateur.graph.Tensor;
import dev.secateur.plan.Measure;
import dev.secateur.plan.Task;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A score for each 0/1 decision: one a sample, one for each of several labels, or one a pixel. A
 * label is a place along the last axis. A score that is not finite decides nothing.
 */
final class DecisionJudge implements Judge {
  /** Keras' epsilon: no probability counts as less. */
  private static final double EPSILON = 1e-7;

  private final Goal goal;
  private final int labels;
  private final OutputSpread spread = new OutputSpread();
  private final PrecisionCurves curves;
  private final Side asProbability;
  private final Side asLogit;
  private boolean judged;
  private boolean compared;
  private boolean probabilities = true;
  private long decisions;

  DecisionJudge(Goal goal, boolean targets) {
    this.goal = goal;
    this.labels = goal.shape().last();
    this.curves = new PrecisionCurves(targets && goal.vector() ? labels : 0);
    this.asProbability = new Side(labels, 0.5);
    this.asLogit = new Side(labels, 0);
  }

  /** Both readings of the scores are followed until the whole set has told them apart. */
  private static final class Side {
    private final double boundary;
    private final Tally[] tallies;
    private final Tally all = new Tally(2, true);
    private double loss;
    private double confidence;
    private double divergence;
    private final Tally likeness = new Tally(2, false);
    private final Changes changes;
    private final F1Changes f1Changes = new F1Changes();
    private final ExpectedDrop drop = new ExpectedDrop();

    Side(int labels, double boundary) {
      this.boundary = boundary;
      this.tallies = new Tally[labels];
      this.changes = new Changes(2 * labels);
      for (int i = 0; i < labels; i++) {
        tallies[i] = new Tally(2, true);
      }
    }

    int decide(float value) {
      return Float.isFinite(value) ? (value > boundary ? 1 : 0) : -1;
    }

    void judge(int label, int wanted, float value) {
      int decided = decide(value);
      tallies[label].add(wanted, decided);
      all.add(wanted, decided);
    }

    void change(int label, int wanted, float value, float original, double one) {
      int before = decide(original);
      int after = decide(value);
      if (before >= 0) {
        double own = before == 1 ? one : 1 - one;
        drop.add(own, after < 0 ? 0 : after == before ? own : 1 - own, before == wanted);
      }
      changes.add(2 * label + wanted, before == wanted, after == wanted);
      f1Changes.add(wanted == 1, before == 1, after == 1);
    }

    /** Recall of each label's ones and zeros, the mean over those that occur. */
    double balancedAccuracy() {
      return Arrays.stream(tallies).flatMapToDouble(Tally::recalls).average().orElse(0);
    }

    void compare(float value, float original) {
      likeness.add(Math.max(decide(original), 0), decide(value));
    }
  }

  @Override
  public void add(
      float[] output, Optional<Tensor> target, Optional<float[]> original, int samples) {
    spread.add(output, samples);
    judged = target.isPresent();
    compared = original.isPresent();
    decisions += output.length;
    for (int i = 0; i < output.length; i++) {
      if (Float.isFinite(output[i])) {
        probabilities &= output[i] >= 0 && output[i] <= 1;
      }
      if (target.isPresent()) {
        judge(i % labels, output[i], target.get().values()[i]);
      }
      if (original.isPresent()) {
        compare(output[i], original.get()[i]);
      }
      if (target.isPresent() && original.isPresent()) {
        int wanted = wanted(target.get().values()[i]);
        float before = original.get()[i];
        asProbability.change(i % labels, wanted, output[i], before, clipped(before));
        asLogit.change(i % labels, wanted, output[i], before, 1 / (1 + Math.exp(-before)));
      }
    }
  }

  private static int wanted(float target) {
    return target > 0.5 ? 1 : 0;
  }

  private void judge(int label, float value, float target) {
    int wanted = wanted(target);
    asProbability.judge(label, wanted, value);
    asLogit.judge(label, wanted, value);
    if (Float.isFinite(value)) {
      curves.add(label, value, wanted == 1);
      asProbability.loss += crossEntropy(target, clipped(value));
      asLogit.loss += softplus(value) - target * value;
      asProbability.confidence += Math.max(clipped(value), 1 - clipped(value));
      asLogit.confidence += Math.exp(-softplus(-Math.abs(value)));
    }
  }

  private void compare(float value, float original) {
    asProbability.compare(value, original);
    asLogit.compare(value, original);
    if (Float.isFinite(value)) {
      asProbability.divergence += KullbackLeibler.ofDecision(original, value);
      double q = 1 / (1 + Math.exp(-original));
      asLogit.divergence += softplus(value) - q * value - (softplus(original) - q * original);
    }
  }

  private static double clipped(double p) {
    return Math.min(Math.max(p, EPSILON), 1 - EPSILON);
  }

  private static double crossEntropy(double target, double p) {
    return -target * Math.log(p) - (1 - target) * Math.log1p(-p);
  }

  private static double softplus(double x) {
    return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  }

  private boolean readsProbabilities() {
    return switch (goal.scale()) {
      case PROBABILITIES -> true;
      case LOGITS -> false;
      case BY_VALUE -> probabilities;
    };
  }

  @Override
  public Judgement judgement(int samples) {
    Side side = readsProbabilities() ? asProbability : asLogit;
    Map<Measure, Double> measures = new EnumMap<>(Measure.class);
    Map<Measure, Double> errors = new EnumMap<>(Measure.class);
    List<Fault> faults = new ArrayList<>(spread.faults());
    if (judged) {
      double loss = side.loss / decisions;
      double confidence = side.confidence / decisions;
      measures.put(Measure.LOSS, loss);
      if (goal.task() == Task.SEGMENTATION) {
        measures.put(Measure.PIXEL_ACCURACY, side.all.accuracy());
        measures.put(Measure.MIOU, meanIntersectionOverUnion(side));
        faults.addAll(side.all.segmentationFaults(loss, confidence));
      } else {
        measures.put(Measure.ACCURACY, side.all.accuracy());
        side.all.f1().ifPresent(v -> measures.put(Measure.F1, v));
        measures.put(Measure.BALANCED_ACCURACY, side.balancedAccuracy());
        if (compared) {
          errors.put(Measure.F1, side.f1Changes.standardError());
          errors.put(Measure.BALANCED_ACCURACY, side.changes.standardError());
        }
        curves.averagePrecision().ifPresent(v -> measures.put(Measure.AVERAGE_PRECISION, v));
        faults.addAll(side.all.classFaults(loss, confidence));
      }
    }
    Optional<Double> divergence = Optional.empty();
    Optional<Double> expectedDrop = Optional.empty();
    if (compared) {
      measures.put(Measure.AGREEMENT, side.likeness.accuracy());
      measures.put(Measure.BALANCED_AGREEMENT, side.likeness.balancedAccuracy());
      divergence = Optional.of(side.divergence / decisions);
      expectedDrop = measures.containsKey(Measure.ACCURACY) ? side.drop.value() : Optional.empty();
    }
    return new Judgement(
        goal.output(),
        goal.task(),
        measures,
        errors,
        readsProbabilities() ? Goal.Scale.PROBABILITIES : Goal.Scale.LOGITS,
        divergence,
        expectedDrop,
        faults,
        judged && goal.task() == Task.BINARY ? side.all.confusion() : List.of());
  }

  /** Of background and foreground alike, the mean over the channels. */
  private static double meanIntersectionOverUnion(Side side) {
    double sum = 0;
    int occurring = 0;
    for (Tally tally : side.tallies) {
      Optional<Double> own = tally.meanIntersectionOverUnion();
      sum += own.orElse(0.0);
      occurring += own.isPresent() ? 1 : 0;
    }
    return occurring == 0 ? 0 : sum / occurring;
  }
}
