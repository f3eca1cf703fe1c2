package dev.secateur.prune;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.plan.ZeroPattern;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** On random matrices of all sizes, some of whose entries are equal. */
class SupportTest {
  static IntStream seeds() {
    return IntStream.range(0, 200);
  }

  private static Matrix matrix(Random random, int rows, int columns) {
    double[] values = new double[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(4) == 0 ? random.nextInt(3) - 1 : random.nextGaussian();
    }
    return new Matrix(rows, columns, values);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void twoOfEveryFourChannelsStayAndTheyAreTheLargest(int seed) {
    Random random = new Random(seed);
    int channels = 1 + random.nextInt(13);
    int places = 1 + random.nextInt(9);
    Matrix weights = matrix(random, places * channels, 1 + random.nextInt(7));
    boolean[] stays = Support.of(Optional.of(new ZeroPattern.TwoOfFour()), 0, channels).of(weights);

    for (int column = 0; column < weights.columns(); column++) {
      for (int place = 0; place < places; place++) {
        for (int from = 0; from < channels; from += 4) {
          int to = Math.min(from + 4, channels);
          double least = Double.POSITIVE_INFINITY;
          double most = 0;
          int count = 0;
          for (int channel = from; channel < to; channel++) {
            int at = (place * channels + channel) * weights.columns() + column;
            double size = Math.abs(weights.values()[at]);
            count += stays[at] ? 1 : 0;
            least = stays[at] ? Math.min(least, size) : least;
            most = stays[at] ? most : Math.max(most, size);
          }
          assertThat(count).isEqualTo(Math.min(2, to - from));
          assertThat(least).isGreaterThanOrEqualTo(most);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void blocksStayAsAWhole(int seed) {
    Random random = new Random(seed);
    Matrix weights = matrix(random, 1 + random.nextInt(20), 1 + random.nextInt(20));
    ZeroPattern.Blocks blocks =
        new ZeroPattern.Blocks(1 + random.nextInt(5), 1 + random.nextInt(5));
    int entries = weights.values().length;
    int kept = 1 + random.nextInt(entries);
    boolean[] stays = Support.of(Optional.of(blocks), kept, 1).of(weights);

    int count = 0;
    for (int row = 0; row < weights.rows(); row++) {
      for (int column = 0; column < weights.columns(); column++) {
        int corner =
            row / blocks.inputs() * blocks.inputs() * weights.columns()
                + column / blocks.outputs() * blocks.outputs();
        boolean stay = stays[row * weights.columns() + column];
        assertThat(stay).isEqualTo(stays[corner]);
        count += stay ? 1 : 0;
      }
    }
    int block = blocks.inputs() * blocks.outputs();
    assertThat(count)
        .isPositive()
        .isLessThanOrEqualTo(Math.max(kept, block))
        .isGreaterThan(Math.min(kept, entries) - block);
  }

  /** Of one entry each, they are the largest. */
  @ParameterizedTest
  @MethodSource("seeds")
  void smallestBlocksAreEntries(int seed) {
    Random random = new Random(seed);
    Matrix weights = matrix(random, 5, 6);
    int kept = 1 + random.nextInt(29);
    boolean[] single = Support.of(Optional.of(new ZeroPattern.Blocks(1, 1)), kept, 1).of(weights);

    assertThat(single).isEqualTo(Support.of(Optional.empty(), kept, 1).of(weights));
    assertThat(Arrays.stream(ints(single)).sum()).isEqualTo(kept);
  }

  private static int[] ints(boolean[] values) {
    return IntStream.range(0, values.length).map(i -> values[i] ? 1 : 0).toArray();
  }
}
