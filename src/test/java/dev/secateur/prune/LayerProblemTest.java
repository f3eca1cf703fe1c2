package dev.secateur.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LayerProblemTest {

  @Test
  void withoutZerosAndWithTheOriginalsInputsTheWeightsAreTheOriginals() {
    Problem problem = new Problem(new Random(1), 12, 5, 400);
    Matrix solved = problem.problem().solve(new Support.Largest(60)).weights();
    for (int i = 0; i < 60; i++) {
      assertThat(solved.values()[i]).isCloseTo(problem.weights.values()[i], within(1e-8));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 17, 40, 59})
  void exactlySoManyWeightsStay(int kept) {
    Matrix solved =
        new Problem(new Random(kept), 12, 5, 400)
            .problem()
            .solve(new Support.Largest(kept))
            .weights();
    assertThat(nonZeros(solved)).isEqualTo(kept);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void losesLessThanTheLargestWeightsAlone(long seed) {
    assertLosesLess(new Problem(new Random(seed), 30, 8, 500), 30, 8);
  }

  /** Wide layers are solved by other means: see the bounds in {@link LayerProblem}. */
  @ParameterizedTest
  @ValueSource(ints = {641, 2305})
  void soDoWiderLayers(int rows) {
    assertLosesLess(new Problem(new Random(rows), rows, 2, 2000), rows, 2);
  }

  /**
   * However little work is allowed, the support is as large as asked and the weights are fitted.
   */
  @ParameterizedTest
  @ValueSource(doubles = {0, 1e6, 1e7})
  void littleWorkIsStillASolution(double work) {
    Problem problem = new Problem(new Random(2), 700, 2, 2000);
    Support third = new Support.Largest(466);
    try (LayerProblem little = problem.problem(work)) {
      Matrix solved = little.solve(third).weights();
      assertThat(nonZeros(solved)).isEqualTo(466);
      assertThat(problem.loss(solved)).isLessThan(problem.loss(Matrix.zeros(700, 2)));
    }
  }

  private static void assertLosesLess(Problem problem, int rows, int columns) {
    Support third = new Support.Largest(rows * columns / 3);
    Matrix solved = problem.problem().solve(third).weights();
    boolean[] largest = third.of(problem.weights);
    Matrix byMagnitude = Matrix.zeros(rows, columns);
    for (int i = 0; i < largest.length; i++) {
      byMagnitude.values()[i] = largest[i] ? problem.weights.values()[i] : 0;
    }
    assertThat(nonZeros(solved)).isEqualTo(rows * columns / 3);
    assertThat(problem.loss(solved)).isLessThan(0.8 * problem.loss(byMagnitude));
  }

  /** The exact minimum on a support has a gradient of zero there. */
  @Test
  void theWeightsThatStayAreAtTheMinimum() {
    Problem problem = new Problem(new Random(5), 20, 6, 300);
    Matrix solved = problem.problem().solve(new Support.Largest(50)).weights();
    Matrix gradient = problem.gradient(solved);
    for (int i = 0; i < 120; i++) {
      if (solved.values()[i] != 0) {
        assertThat(gradient.values()[i]).isCloseTo(0, within(1e-8));
      }
    }
  }

  @Test
  void aLayerThatReadsOnlyZerosKeepsItsWeights() {
    Matrix weights = new Problem(new Random(3), 6, 4, 10).weights;
    Matrix solved =
        new LayerProblem(Matrix.zeros(6, 6), Matrix.zeros(6, 4), weights, 1e12)
            .solve(new Support.Largest(10))
            .weights();
    assertThat(nonZeros(solved)).isEqualTo(10);
    for (int i = 0; i < 24; i++) {
      if (solved.values()[i] != 0) {
        assertThat(solved.values()[i]).isCloseTo(weights.values()[i], within(1e-9));
      }
    }
  }

  private static long nonZeros(Matrix matrix) {
    return java.util.Arrays.stream(matrix.values()).filter(v -> v != 0).count();
  }

  /** Correlated inputs, as neighbouring pixels are. */
  private static final class Problem {
    private final Matrix inputs;
    private final Matrix weights;
    private final Matrix h;
    private final Matrix c;

    Problem(Random random, int rows, int columns, int samples) {
      double[] x = new double[samples * rows];
      for (int s = 0; s < samples; s++) {
        double common = random.nextGaussian();
        for (int i = 0; i < rows; i++) {
          x[s * rows + i] = common + random.nextGaussian() * (i % 3 == 0 ? 1 : 0.3);
        }
      }
      inputs = new Matrix(samples, rows, x);
      double[] w = new double[rows * columns];
      for (int i = 0; i < w.length; i++) {
        w[i] = random.nextGaussian();
      }
      weights = new Matrix(rows, columns, w);
      h = mean(LinearAlgebra.gram(inputs), samples);
      c =
          mean(
              LinearAlgebra.multiplyTransposed(inputs, LinearAlgebra.multiply(inputs, weights)),
              samples);
    }

    private static Matrix mean(Matrix sum, int samples) {
      for (int i = 0; i < sum.values().length; i++) {
        sum.values()[i] /= samples;
      }
      return sum;
    }

    LayerProblem problem() {
      return problem(1e12);
    }

    LayerProblem problem(double work) {
      return new LayerProblem(h, c, weights, work);
    }

    double loss(Matrix other) {
      Matrix wanted = LinearAlgebra.multiply(inputs, weights);
      Matrix said = LinearAlgebra.multiply(inputs, other);
      double sum = 0;
      for (int i = 0; i < wanted.values().length; i++) {
        double difference = wanted.values()[i] - said.values()[i];
        sum += difference * difference;
      }
      return sum;
    }

    /** {@code (H + λI)·W − (C + λ·W₀)}. */
    Matrix gradient(Matrix other) {
      double lambda = LayerProblem.RIDGE * h.meanOfDiagonal();
      Matrix gradient = LinearAlgebra.multiply(h, other);
      for (int i = 0; i < gradient.values().length; i++) {
        gradient.values()[i] += lambda * (other.values()[i] - weights.values()[i]) - c.values()[i];
      }
      return gradient;
    }
  }
}
