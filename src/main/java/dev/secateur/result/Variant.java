package dev.secateur.result;

import java.util.List;
import java.util.Optional;

/**
 * One form of the model, measured on the evaluation set.
 *
 * @param name original, pruned, fp32 or int8
 * @param zippedBytes size of a zip (DEFLATE) that holds the file
 * @param top1 fraction right; empty where there are no labels or no classes
 * @param loss mean cross-entropy, or mean squared error of a reconstruction; empty without either
 * @param sparsity fraction of zeros in the prunable weights
 * @param agreementWithOriginal fraction of samples with the original's top-1 class
 * @param confusion rows true, columns predicted; empty without labels or past 100 classes
 */
public record Variant(
    String name,
    String file,
    long bytes,
    long zippedBytes,
    Optional<Double> top1,
    Optional<Double> top5,
    Optional<Double> loss,
    int samples,
    double sparsity,
    Micros latencyMicros,
    Optional<Double> agreementWithOriginal,
    List<List<Integer>> confusion) {
  public Variant {
    confusion = List.copyOf(confusion);
  }

  /**
   * Time from input to output of one sample at a time, in microseconds.
   *
   * @param p90 nine of ten samples took no longer
   */
  public record Micros(double median, double p90) {}
}
