package dev.secateur.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Average precision of each label: {@code Σ (Rₙ − Rₙ₋₁)·Pₙ} over the thresholds from the highest
 * score down, equal scores at once (Manning, Raghavan and Schütze, Introduction to Information
 * Retrieval, 8.4, without interpolation).
 */
final class PrecisionCurves {
  /** Scores that are kept, all labels together; past these there is no average precision. */
  private static final int MAX_SCORES = 1 << 24;

  private final List<Scores> labels = new ArrayList<>();
  private long kept;

  /**
   * @param labels how many; 0 keeps nothing
   */
  PrecisionCurves(int labels) {
    for (int i = 0; i < labels; i++) {
      this.labels.add(new Scores());
    }
  }

  private static final class Scores {
    private double[] all = new double[64];
    private boolean[] wanted = new boolean[64];
    private int size;

    void add(double score, boolean one) {
      if (size == all.length) {
        all = Arrays.copyOf(all, 2 * size);
        wanted = Arrays.copyOf(wanted, 2 * size);
      }
      all[size] = score;
      wanted[size++] = one;
    }

    Optional<Double> averagePrecision() {
      Integer[] order = new Integer[size];
      Arrays.setAll(order, i -> i);
      Arrays.sort(order, (a, b) -> Double.compare(all[b], all[a]));
      int ones = 0;
      int before = 0;
      double sum = 0;
      for (int i = 0; i < size; i++) {
        ones += wanted[order[i]] ? 1 : 0;
        if (i + 1 == size || all[order[i + 1]] != all[order[i]]) {
          sum += (ones - before) * ((double) ones / (i + 1));
          before = ones;
        }
      }
      return ones == 0 ? Optional.empty() : Optional.of(sum / ones);
    }
  }

  void add(int label, double score, boolean one) {
    if (!labels.isEmpty() && kept++ < MAX_SCORES) {
      labels.get(label).add(score, one);
    }
  }

  /** The mean over the labels that occur; empty if none does. */
  Optional<Double> averagePrecision() {
    if (kept > MAX_SCORES) {
      return Optional.empty();
    }
    List<Double> own = labels.stream().flatMap(l -> l.averagePrecision().stream()).toList();
    return own.isEmpty()
        ? Optional.empty()
        : Optional.of(own.stream().mapToDouble(Double::doubleValue).average().orElseThrow());
  }
}
