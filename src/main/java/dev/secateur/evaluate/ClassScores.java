package dev.secateur.evaluate;

import dev.secateur.dataset.Dataset;
import dev.secateur.graph.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * One output a class. Whether the outputs are probabilities or logits shows in their values:
 * probabilities never leave [0, 1], and the logits of a whole set do.
 */
final class ClassScores implements Evaluator.Scores {
  /** Keras' epsilon: no probability counts as less. */
  private static final double EPSILON = 1e-7;

  private static final int TOP = 5;

  private final int classes;
  private final boolean labelled;
  private final int[] predictions;
  private final int[][] confusion;
  private int samples;
  private int right;
  private int among;
  private double probabilityLoss;
  private double logitLoss;
  private boolean probabilities = true;

  ClassScores(int classes, Dataset set) {
    this.classes = classes;
    this.labelled = set.labelled();
    this.predictions = new int[set.size()];
    int rows = labelled && classes <= Evaluator.MAX_CONFUSION ? classes : 0;
    this.confusion = new int[rows][rows];
  }

  @Override
  public void add(Dataset.Batch batch, Tensor output) {
    float[] values = output.values();
    for (int at = 0; at < values.length; at += classes) {
      int predicted = at;
      for (int i = at; i < at + classes; i++) {
        predicted = values[i] > values[predicted] ? i : predicted;
        probabilities &= values[i] >= 0 && values[i] <= 1;
      }
      predictions[samples++] = predicted - at;
      if (labelled) {
        judge(values, at, predicted - at, batch.labels()[at / classes]);
      }
    }
  }

  private void judge(float[] values, int at, int predicted, int label) {
    right += predicted == label ? 1 : 0;
    if (confusion.length > 0) {
      confusion[label][predicted]++;
    }
    float value = values[at + label];
    int better = 0;
    double sum = 0;
    double exponentials = 0;
    double highest = values[at + predicted];
    for (int i = at; i < at + classes; i++) {
      better += values[i] > value ? 1 : 0;
      sum += values[i];
      exponentials += Math.exp(values[i] - highest);
    }
    among += better < TOP ? 1 : 0;
    probabilityLoss -= Math.log(sum > 0 ? Math.min(Math.max(value / sum, EPSILON), 1) : EPSILON);
    logitLoss -= value - highest - Math.log(exponentials);
  }

  @Override
  public Evaluation evaluation() {
    List<List<Integer>> rows = new ArrayList<>();
    for (int[] row : confusion) {
      rows.add(Arrays.stream(row).boxed().toList());
    }
    return new Evaluation(
        samples,
        mean(right),
        classes > TOP ? mean(among) : Optional.empty(),
        mean(probabilities ? probabilityLoss : logitLoss),
        predictions,
        rows);
  }

  private Optional<Double> mean(double sum) {
    return labelled ? Optional.of(sum / samples) : Optional.empty();
  }
}
