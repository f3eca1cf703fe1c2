package dev.secateur.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ChannelOrderTest {
  private static final int UNITS = 8;
  private static final int ROWS_EACH = 3;
  private static final int COLUMNS = 4;

  /** The ridge that is added to the moments, over their mean diagonal. */
  private static final double RIDGE = 0.1;

  @Test
  void whatIsLeftMakesUpForWhatIsGoneAsWellAsCanBe() {
    Random random = new Random(1);
    Matrix h = moments(random, UNITS * ROWS_EACH);
    Matrix w = matrix(random, UNITS * ROWS_EACH, COLUMNS);
    ChannelOrder.Reader reader = reader(w, h);
    List<Matrix> seen = new ArrayList<>();
    List<Integer> order =
        ChannelOrder.of(
            List.of(reader),
            IntStream.range(0, UNITS).boxed().toList(),
            new int[] {3},
            (gone, weights) -> seen.add(weights.get(0)));
    Matrix best = best(h, w, order.subList(0, 3));
    for (int i = 0; i < best.values().length; i++) {
      assertThat(seen.get(0).values()[i]).isCloseTo(best.values()[i], within(1e-8));
    }
  }

  @Test
  void theFirstToGoIsTheOneThatCostsLeast() {
    Random random = new Random(2);
    Matrix h = moments(random, UNITS * ROWS_EACH);
    Matrix w = matrix(random, UNITS * ROWS_EACH, COLUMNS);
    ChannelOrder.Reader reader = reader(w, h);
    List<Integer> order =
        ChannelOrder.of(
            List.of(reader),
            IntStream.range(0, UNITS).boxed().toList(),
            new int[0],
            (gone, weights) -> {});
    assertThat(order).doesNotHaveDuplicates().hasSize(UNITS);
    double least = cost(h, w, best(h, w, order.subList(0, 1)), reader.information());
    for (int unit = 0; unit < UNITS; unit++) {
      double cost = cost(h, w, best(h, w, List.of(unit)), reader.information());
      assertThat(cost).isGreaterThanOrEqualTo(least - 1e-9);
    }
  }

  private static ChannelOrder.Reader reader(Matrix w, Matrix h) {
    int[] units = new int[w.rows()];
    for (int r = 0; r < units.length; r++) {
      units[r] = r % UNITS;
    }
    double[] diagonal = new double[w.rows()];
    for (int r = 0; r < units.length; r++) {
      diagonal[r] = h.at(r, r);
    }
    return new ChannelOrder.Reader(units, w, h, diagonal, new double[] {1, 2, 0.5, 3});
  }

  private static Matrix moments(Random random, int n) {
    Matrix x = matrix(random, 2 * n, n);
    Matrix h = Matrix.zeros(n, n);
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        for (int k = 0; k < x.rows(); k++) {
          h.values()[i * n + j] += x.at(k, i) * x.at(k, j) / x.rows();
        }
      }
    }
    return h;
  }

  private static Matrix matrix(Random random, int rows, int columns) {
    return new Matrix(
        rows, columns, random.doubles((long) rows * columns).map(v -> v - 0.5).toArray());
  }

  private static Matrix damped(Matrix h) {
    double[] values = h.values().clone();
    for (int i = 0; i < h.rows(); i++) {
      values[i * h.rows() + i] += RIDGE * h.meanOfDiagonal();
    }
    return new Matrix(h.rows(), h.rows(), values);
  }

  /** The minimum without the units, from the normal equations on what is left. */
  private static Matrix best(Matrix h, Matrix w, List<Integer> gone) {
    Matrix a = damped(h);
    int[] left = IntStream.range(0, w.rows()).filter(r -> !gone.contains(r % UNITS)).toArray();
    Matrix aw = LinearAlgebra.multiply(a, w);
    Matrix square = Matrix.zeros(left.length, left.length);
    Matrix right = Matrix.zeros(left.length, COLUMNS);
    for (int p = 0; p < left.length; p++) {
      for (int q = 0; q < left.length; q++) {
        square.values()[p * left.length + q] = a.at(left[p], left[q]);
      }
      System.arraycopy(aw.values(), left[p] * COLUMNS, right.values(), p * COLUMNS, COLUMNS);
    }
    Matrix solved = LinearAlgebra.solve(square, right);
    Matrix all = Matrix.zeros(w.rows(), COLUMNS);
    for (int p = 0; p < left.length; p++) {
      System.arraycopy(solved.values(), p * COLUMNS, all.values(), left[p] * COLUMNS, COLUMNS);
    }
    return all;
  }

  private static double cost(Matrix h, Matrix w, Matrix now, double[] information) {
    Matrix a = damped(h);
    double cost = 0;
    for (int j = 0; j < COLUMNS; j++) {
      double[] d = new double[w.rows()];
      for (int r = 0; r < d.length; r++) {
        d[r] = now.at(r, j) - w.at(r, j);
      }
      double[] ad = new double[d.length];
      Arrays.setAll(
          ad, r -> IntStream.range(0, d.length).mapToDouble(k -> a.at(r, k) * d[k]).sum());
      cost += information[j] * IntStream.range(0, d.length).mapToDouble(r -> d[r] * ad[r]).sum();
    }
    return cost;
  }
}
