package dev.secateur.prune;

import dev.secateur.plan.ZeroPattern;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;

/** Which entries of a kernel, as a matrix, may stay: the projection that a sparsity asks for. */
sealed interface Support {
  /**
   * @param weights in coordinates in which dropping an entry costs its square
   * @return for each entry, row-major, whether it stays
   */
  boolean[] of(Matrix weights);

  /**
   * @param pattern empty: single entries
   * @param kept entries that may stay, where the pattern does not say it
   * @param channels input channels: the matrix' rows are these, for each place of the kernel
   */
  static Support of(Optional<ZeroPattern> pattern, int kept, int channels) {
    if (pattern.isEmpty()) {
      return new Largest(kept);
    }
    if (pattern.get() instanceof ZeroPattern.Blocks blocks) {
      return new Blocks(blocks.inputs(), blocks.outputs(), kept);
    }
    return new TwoOfFour(channels);
  }

  /**
   * The two largest of every four consecutive channels, of each output and place of the kernel; of
   * equal ones the first. Of fewer than four at the end, two as well.
   */
  record TwoOfFour(int channels) implements Support {
    private static final int GROUP = 4;
    private static final int STAY = 2;

    @Override
    public boolean[] of(Matrix weights) {
      boolean[] stays = new boolean[weights.values().length];
      for (int column = 0; column < weights.columns(); column++) {
        for (int place = 0; place < weights.rows(); place += channels) {
          for (int from = place; from < place + channels; from += GROUP) {
            int to = Math.min(from + GROUP, place + channels);
            for (int n = 0; n < Math.min(STAY, to - from); n++) {
              stays[largest(weights, stays, column, from, to)] = true;
            }
          }
        }
      }
      return stays;
    }

    /** Of those that do not stay yet. */
    private static int largest(Matrix weights, boolean[] stays, int column, int from, int to) {
      int largest = -1;
      for (int row = from; row < to; row++) {
        int at = row * weights.columns() + column;
        if (!stays[at]
            && (largest < 0
                || Math.abs(weights.values()[at]) > Math.abs(weights.values()[largest]))) {
          largest = at;
        }
      }
      return largest;
    }
  }

  /**
   * The blocks with the largest mean square, as many as have {@code kept} entries at most, but one;
   * of equal ones the first. Blocks at the edges are smaller.
   */
  record Blocks(int inputs, int outputs, int kept) implements Support {
    private record Block(int row, int column, int entries, double square) {}

    @Override
    public boolean[] of(Matrix weights) {
      List<Block> blocks = new ArrayList<>();
      for (int row = 0; row < weights.rows(); row += inputs) {
        for (int column = 0; column < weights.columns(); column += outputs) {
          blocks.add(block(weights, row, column));
        }
      }
      blocks.sort(Comparator.comparingDouble((Block b) -> -b.square() / b.entries()));
      boolean[] stays = new boolean[weights.values().length];
      int left = kept;
      for (Block block : blocks) {
        if (block.entries() <= left || left == kept) {
          left -= block.entries();
          each(weights, block.row(), block.column(), at -> stays[at] = true);
        }
      }
      return stays;
    }

    private Block block(Matrix weights, int row, int column) {
      double[] square = new double[1];
      int[] entries = new int[1];
      each(
          weights,
          row,
          column,
          at -> {
            square[0] += weights.values()[at] * weights.values()[at];
            entries[0]++;
          });
      return new Block(row, column, entries[0], square[0]);
    }

    private void each(Matrix weights, int row, int column, IntConsumer what) {
      for (int i = row; i < Math.min(row + inputs, weights.rows()); i++) {
        for (int j = column; j < Math.min(column + outputs, weights.columns()); j++) {
          what.accept(i * weights.columns() + j);
        }
      }
    }
  }

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
