package dev.secateur.prune;

import java.util.Arrays;

/** Which entries of a kernel, as a matrix, may stay: the projection that a sparsity asks for. */
sealed interface Support {
  /**
   * @param weights in coordinates in which dropping an entry costs its square
   * @return for each entry, row-major, whether it stays
   */
  boolean[] of(Matrix weights);

  /** The {@code kept} largest entries, wherever they are; of equal ones the first. */
  record Largest(int kept) implements Support {
    @Override
    public boolean[] of(Matrix weights) {
      double[] values = weights.values();
      boolean[] stays = new boolean[values.length];
      if (kept >= values.length) {
        Arrays.fill(stays, true);
        return stays;
      }
      double[] magnitudes = new double[values.length];
      for (int i = 0; i < magnitudes.length; i++) {
        magnitudes[i] = Math.abs(values[i]);
      }
      double[] sorted = magnitudes.clone();
      Arrays.sort(sorted);
      double threshold = kept == 0 ? Double.POSITIVE_INFINITY : sorted[sorted.length - kept];
      int left = kept;
      for (int i = 0; i < stays.length; i++) {
        stays[i] = magnitudes[i] > threshold;
        left -= stays[i] ? 1 : 0;
      }
      for (int i = 0; i < stays.length && left > 0; i++) {
        if (magnitudes[i] == threshold && !stays[i]) {
          stays[i] = true;
          left--;
        }
      }
      return stays;
    }
  }
}
