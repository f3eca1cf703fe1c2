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
      double threshold =
          kept == 0 ? Double.POSITIVE_INFINITY : smallest(magnitudes.clone(), values.length - kept);
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

    /** The element that sorting would put at {@code rank}, found by Hoare's selection. */
    private static double smallest(double[] values, int rank) {
      int low = 0;
      int high = values.length - 1;
      while (low < high) {
        double pivot = values[(low + high) >>> 1];
        int i = low;
        int j = high;
        while (i <= j) {
          while (values[i] < pivot) {
            i++;
          }
          while (values[j] > pivot) {
            j--;
          }
          if (i <= j) {
            double swapped = values[i];
            values[i++] = values[j];
            values[j--] = swapped;
          }
        }
        if (rank <= j) {
          high = j;
        } else if (rank >= i) {
          low = i;
        } else {
          break;
        }
      }
      return values[rank];
    }
  }
}
