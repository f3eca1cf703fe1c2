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
  private static final int FEW_RUNS = 10;
  private static final long FEW_NANOS = 2_000_000_000L;
  private static final long MAX_NANOS = 500_000_000L;

  /**
   * After a warm-up, over up to 100 samples within half a second; over up to ten where these take
   * longer, within two seconds.
   */
  public static Latency measure(Predictor predictor, Dataset set) {
    List<Double> micros = new ArrayList<>();
    long begin = System.nanoTime();
    for (int i = 0; goesOn(i, System.nanoTime() - begin); i++) {
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

  private static boolean goesOn(int runs, long nanos) {
    return nanos < MAX_NANOS
        ? runs < WARM_UP + MAX_RUNS
        : nanos < FEW_NANOS && runs < WARM_UP + FEW_RUNS;
  }
}
