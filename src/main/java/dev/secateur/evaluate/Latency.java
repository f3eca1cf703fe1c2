package dev.secateur.evaluate;

import dev.secateur.dataset.Dataset;
import dev.secateur.graph.Predictor;
import dev.secateur.graph.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Time from input to output of one sample at a time, in microseconds.
 *
 * @param p90 nine of ten samples took no longer
 */
public record Latency(double median, double p90) {
  private static final int WARM_UP = 20;
  private static final int MAX_RUNS = 100;
  private static final long MAX_NANOS = 2_000_000_000L;

  /** Over up to 100 samples or two seconds, after a warm-up. */
  public static Latency measure(Predictor predictor, Dataset set) {
    List<Double> micros = new ArrayList<>();
    long begin = System.nanoTime();
    for (int i = 0; i < WARM_UP + MAX_RUNS && System.nanoTime() - begin < MAX_NANOS; i++) {
      List<Tensor> sample = set.batch(new int[] {i % set.size()}).inputs();
      long start = System.nanoTime();
      predictor.predict(sample);
      double took = (System.nanoTime() - start) / 1e3;
      if (i >= WARM_UP || micros.isEmpty()) {
        micros.add(took);
      }
    }
    if (micros.size() > 1) {
      // The first one stood in for the case that a single sample takes all the time there is.
      micros.remove(0);
    }
    Collections.sort(micros);
    return new Latency(micros.get(micros.size() / 2), micros.get(micros.size() * 9 / 10));
  }
}
