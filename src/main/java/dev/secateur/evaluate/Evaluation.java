package dev.secateur.evaluate;

import java.util.List;
import java.util.Optional;

/**
 * What a variant did on a set.
 *
 * @param top1 fraction right; empty without labels or classes
 * @param top5 fraction with the right class among the five highest; empty with fewer than six
 *     classes
 * @param loss mean cross-entropy against the labels, or mean squared error of a reconstruction;
 *     empty where there is neither
 * @param predictions the class predicted for each sample; empty without classes
 * @param confusion counts, rows true and columns predicted; empty without labels, or past {@link
 *     Evaluator#MAX_CONFUSION} classes
 */
public record Evaluation(
    int samples,
    Optional<Double> top1,
    Optional<Double> top5,
    Optional<Double> loss,
    int[] predictions,
    List<List<Integer>> confusion) {

  /** Fraction of samples for which both predict the same class; empty without classes. */
  public Optional<Double> agreement(Evaluation other) {
    if (predictions.length == 0 || predictions.length != other.predictions.length) {
      return Optional.empty();
    }
    int same = 0;
    for (int i = 0; i < predictions.length; i++) {
      same += predictions[i] == other.predictions[i] ? 1 : 0;
    }
    return Optional.of((double) same / predictions.length);
  }
}
