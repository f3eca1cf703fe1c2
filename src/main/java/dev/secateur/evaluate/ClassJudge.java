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
 * A score for each class along the last axis. A row is a sample, or a pixel of one; a row that is
 * not finite names no class.
 */
final class ClassJudge implements Judge {
  /** Keras' epsilon: no probability counts as less. */
  private static final double EPSILON = 1e-7;

  private static final int TOP = 5;

  private final Goal goal;
  private final int classes;
  private final OutputSpread spread = new OutputSpread();
  private final Tally tally;
  private final Tally likeness;
  private final Changes changes;
  private boolean judged;
  private boolean compared;
  private long rows;
  private long among;
  private double probabilityConfidence;
  private double logitConfidence;
  private double probabilityLoss;
  private double logitLoss;
  private double probabilityDivergence;
  private double logitDivergence;
  private final ExpectedDrop probabilityDrop = new ExpectedDrop();
  private final ExpectedDrop logitDrop = new ExpectedDrop();
  private boolean probabilities = true;

  ClassJudge(Goal goal, boolean targets) {
    this.goal = goal;
    this.classes = goal.shape().last();
    this.tally = new Tally(classes, targets && classes <= Tally.MAX_CLASSES);
    this.likeness = new Tally(classes, false);
    this.changes = new Changes(classes);
  }

  @Override
  public void add(
      float[] output, Optional<Tensor> target, Optional<float[]> original, int samples) {
    spread.add(output, samples);
    judged = target.isPresent();
    compared = original.isPresent();
    float[] targets = target.map(Tensor::values).orElse(new float[0]);
    boolean numbers = targets.length == output.length;
    float[] p = new float[classes];
    for (int at = 0, row = 0; at < output.length; at += classes, row++) {
      rows++;
      int predicted = highest(output, at);
      if (original.isPresent()) {
        compare(output, at, predicted, original.get());
      }
      if (target.isPresent()) {
        Arrays.fill(p, 0);
        if (numbers) {
          System.arraycopy(targets, at, p, 0, classes);
        } else {
          p[(int) targets[row]] = 1;
        }
        int label = judge(output, at, predicted, p);
        if (original.isPresent()) {
          change(original.get(), at, predicted, label);
        }
      }
    }
  }

  /** The class with the highest score, the first of equals; −1 if a score is not finite. */
  private int highest(float[] values, int at) {
    int highest = at;
    boolean finite = true;
    for (int i = at; i < at + classes; i++) {
      finite &= Float.isFinite(values[i]);
      highest = values[i] > values[highest] ? i : highest;
    }
    if (finite) {
      for (int i = at; i < at + classes; i++) {
        probabilities &= values[i] >= 0 && values[i] <= 1;
      }
    }
    return finite ? highest - at : -1;
  }

  /** The label. */
  private int judge(float[] values, int at, int predicted, float[] p) {
    int label = 0;
    for (int i = 1; i < classes; i++) {
      label = p[i] > p[label] ? i : label;
    }
    tally.add(label, predicted);
    if (predicted < 0) {
      return label;
    }
    float value = values[at + label];
    int better = 0;
    double sum = 0;
    for (int i = at; i < at + classes; i++) {
      better += values[i] > value ? 1 : 0;
      sum += values[i];
    }
    among += better < TOP ? 1 : 0;
    double logSum = logSumExp(values, at, values[at + predicted]);
    probabilityConfidence += Math.exp(logProbability(values[at + predicted], sum));
    logitConfidence += Math.exp(values[at + predicted] - logSum);
    for (int i = 0; i < classes; i++) {
      if (p[i] > 0) {
        probabilityLoss -= p[i] * logProbability(values[at + i], sum);
        logitLoss -= p[i] * (values[at + i] - logSum);
      }
    }
    return label;
  }

  private void compare(float[] values, int at, int predicted, float[] original) {
    int wanted = highestOf(original, at);
    likeness.add(wanted, predicted);
    if (predicted < 0) {
      return;
    }
    probabilityDivergence += KullbackLeibler.ofClasses(original, values, at, classes);
    double logSum = logSumExp(values, at, values[at + predicted]);
    double originalLogSum = logSumExp(original, at, original[at + wanted]);
    for (int i = at; i < at + classes; i++) {
      double logP = original[i] - originalLogSum;
      logitDivergence += Math.exp(logP) * (logP - (values[i] - logSum));
    }
  }

  private void change(float[] original, int at, int predicted, int label) {
    int before = highestOf(original, at);
    boolean wasRight = before == label;
    changes.add(label, wasRight, predicted == label);
    double sum = 0;
    for (int i = at; i < at + classes; i++) {
      sum += original[i];
    }
    double logSum = logSumExp(original, at, original[at + before]);
    double probability = original[at + before] / sum;
    double ofLogits = Math.exp(original[at + before] - logSum);
    probabilityDrop.add(probability, predicted < 0 ? 0 : original[at + predicted] / sum, wasRight);
    logitDrop.add(
        ofLogits, predicted < 0 ? 0 : Math.exp(original[at + predicted] - logSum), wasRight);
  }

  private int highestOf(float[] values, int at) {
    int highest = at;
    for (int i = at; i < at + classes; i++) {
      highest = values[i] > values[highest] ? i : highest;
    }
    return highest - at;
  }

  private double logSumExp(float[] values, int at, double highest) {
    double sum = 0;
    for (int i = at; i < at + classes; i++) {
      sum += Math.exp(values[i] - highest);
    }
    return highest + Math.log(sum);
  }

  private static double logProbability(double value, double sum) {
    return Math.log(sum > 0 ? Math.min(Math.max(value / sum, EPSILON), 1) : EPSILON);
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
    Map<Measure, Double> measures = new EnumMap<>(Measure.class);
    Map<Measure, Double> errors = new EnumMap<>(Measure.class);
    List<Fault> faults = new ArrayList<>(spread.faults());
    if (judged) {
      double loss = (readsProbabilities() ? probabilityLoss : logitLoss) / rows;
      double confidence = (readsProbabilities() ? probabilityConfidence : logitConfidence) / rows;
      measures.put(Measure.LOSS, loss);
      if (goal.task() == Task.SEGMENTATION) {
        measures.put(Measure.PIXEL_ACCURACY, tally.accuracy());
        tally.meanIntersectionOverUnion().ifPresent(v -> measures.put(Measure.MIOU, v));
        faults.addAll(tally.segmentationFaults(loss, confidence));
      } else {
        measures.put(Measure.TOP1, tally.accuracy());
        if (classes > TOP) {
          measures.put(Measure.TOP5, (double) among / rows);
        }
        measures.put(Measure.BALANCED_ACCURACY, tally.balancedAccuracy());
        if (compared) {
          errors.put(Measure.BALANCED_ACCURACY, changes.standardError());
        }
        faults.addAll(tally.classFaults(loss, confidence));
      }
    }
    Optional<Double> divergence = Optional.empty();
    Optional<Double> expectedDrop = Optional.empty();
    if (compared) {
      measures.put(Measure.AGREEMENT, likeness.accuracy());
      measures.put(Measure.BALANCED_AGREEMENT, likeness.balancedAccuracy());
      divergence =
          Optional.of((readsProbabilities() ? probabilityDivergence : logitDivergence) / rows);
      expectedDrop =
          Optional.of(readsProbabilities() ? probabilityDrop : logitDrop)
              .filter(d -> measures.containsKey(Measure.TOP1))
              .flatMap(ExpectedDrop::value);
    }
    boolean confusion = judged && goal.vector() && classes <= Evaluator.MAX_CONFUSION;
    return new Judgement(
        goal.output(),
        goal.task(),
        measures,
        errors,
        readsProbabilities() ? Goal.Scale.PROBABILITIES : Goal.Scale.LOGITS,
        divergence,
        expectedDrop,
        faults,
        confusion ? tally.confusion() : List.of());
  }
}
