package dev.secateur.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RoundingProblemTest {

  /** Inputs that have much in common, and weights some of which are zero. */
  private record Case(Matrix h, Matrix c, Matrix weights) {
    static Case of(long seed, int rows, int columns, double zeros) {
      Random random = new Random(seed);
      double[] x = new double[300 * rows];
      for (int i = 0; i < 300; i++) {
        double common = random.nextGaussian();
        for (int k = 0; k < rows; k++) {
          x[i * rows + k] = common + 0.4 * random.nextGaussian();
        }
      }
      double[] w = new double[rows * columns];
      for (int i = 0; i < w.length; i++) {
        w[i] = random.nextDouble() < zeros ? 0 : random.nextGaussian();
      }
      Matrix inputs = new Matrix(300, rows, x);
      Matrix weights = new Matrix(rows, columns, w);
      Matrix h = LinearAlgebra.gram(inputs);
      return new Case(h, LinearAlgebra.multiply(h, weights), weights);
    }

    RoundingProblem problem() {
      return new RoundingProblem(new Matrix(h.rows(), h.rows(), h.values().clone()), c, weights);
    }

    /** {@code tr((W−W₀)ᵀH(W−W₀))}: squared error of the outputs. */
    double error(Matrix other) {
      double[] d = other.values().clone();
      for (int i = 0; i < d.length; i++) {
        d[i] -= weights.values()[i];
      }
      Matrix difference = new Matrix(weights.rows(), weights.columns(), d);
      double[] product = LinearAlgebra.multiply(h, difference).values();
      double sum = 0;
      for (int i = 0; i < d.length; i++) {
        sum += d[i] * product[i];
      }
      return sum;
    }

    /** Each column on the nearest of seven levels each way. */
    Matrix nearest() {
      double[] rounded = weights.values().clone();
      int columns = weights.columns();
      for (int j = 0; j < columns; j++) {
        double largest = 0;
        for (int i = j; i < rounded.length; i += columns) {
          largest = Math.max(largest, Math.abs(rounded[i]));
        }
        for (int i = j; i < rounded.length; i += columns) {
          rounded[i] = Math.rint(rounded[i] / (largest / 7)) * (largest / 7);
        }
      }
      return new Matrix(weights.rows(), columns, rounded);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void theOutputsLoseFarLessThanWithTheNearestLevels(long seed) {
    Case c = Case.of(seed, 24, 6, seed % 2 == 0 ? 0.4 : 0);
    RoundingProblem.Solution each = c.problem().solve(7, false, 2);
    RoundingProblem.Solution shared = c.problem().solve(7, true, 2);
    assertThat(c.error(each.weights())).isLessThan(0.5 * c.error(c.nearest()));
    assertThat(c.error(each.weights())).isLessThan(1.05 * c.error(shared.weights()));
    assertThat(each.steps()).hasSize(6);
    assertThat(shared.steps()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void weightsAreWholeStepsAndZerosStay(long seed) {
    Case c = Case.of(seed, 30, 5, 0.5);
    RoundingProblem.Solution solved = c.problem().solve(7, false, 2);
    for (int i = 0; i < solved.weights().values().length; i++) {
      double level = solved.weights().values()[i] / solved.steps().get(i % 5);
      assertThat(level).isCloseTo(Math.rint(level), within(1e-9)).isBetween(-7.0, 7.0);
      if (c.weights.values()[i] == 0) {
        assertThat(level).isZero();
      }
    }
  }

  /** Half of a float's bytes are zero, and a step is a step. */
  @Test
  void stepsArePositiveAndBrief() {
    Case c = Case.of(9, 12, 4, 0);
    for (int j = 0; j < 12 * 4; j += 4) {
      c.weights.values()[j] = 0;
    }
    for (float step : c.problem().solve(7, false, 2).steps()) {
      assertThat(step).isPositive();
      assertThat(Float.floatToIntBits(step) & 0xffff).isZero();
    }
  }

  @Test
  void withManyLevelsNothingIsLost() {
    Case c = Case.of(5, 16, 3, 0);
    double all = c.error(Matrix.zeros(16, 3));
    assertThat(c.error(c.problem().solve(127, false, 2).weights())).isLessThan(1e-4 * all);
  }
}
