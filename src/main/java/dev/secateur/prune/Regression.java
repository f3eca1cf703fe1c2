package dev.secateur.prune;

import java.util.List;

/**
 * A layer's weights by ridge regression: the W that minimises {@code tr(WᵀHW) − 2·tr(WᵀC) + λ·‖W −
 * W₀‖²}. How far the samples are to be trusted, λ, is found by cross-validation: of a few shares of
 * H's mean diagonal the one whose W, learned on one half of the samples, errs least on the other.
 */
final class Regression {
  private static final double[] RIDGES = {0.01, 0.03, 0.1, 0.3, 1, 3, 10};

  /** Above so many rows, an eigendecomposition takes too long; λ is then what is mostly best. */
  private static final int MOST_ROWS = 1600;

  private static final double USUAL = 0.3;

  private Regression() {}

  /**
   * @param halves moments of two halves of the samples
   * @param original W₀
   */
  static Matrix weights(List<Moments> halves, Moments all, Matrix original) {
    double ridge = USUAL;
    // Half of a single sample is none, and has no moments.
    if (original.rows() <= MOST_ROWS && halves.stream().allMatch(Moments::finite)) {
      double least = Double.POSITIVE_INFINITY;
      try (Solver one = Solver.of(halves.get(0), original);
          Solver other = Solver.of(halves.get(1), original)) {
        for (double candidate : RIDGES) {
          double error =
              error(one.solve(candidate), halves.get(1))
                  + error(other.solve(candidate), halves.get(0));
          if (error < least) {
            least = error;
            ridge = candidate;
          }
        }
      }
    }
    return direct(all, original, ridge);
  }

  private static Matrix direct(Moments moments, Matrix original, double ridge) {
    int n = original.rows();
    double lambda = lambda(moments, ridge);
    double[] a = moments.h().values().clone();
    for (int i = 0; i < n; i++) {
      a[i * n + i] += lambda;
    }
    return LinearAlgebra.solve(new Matrix(n, n, a), right(moments, original, lambda));
  }

  /** Half a layer of zeros keeps its weights: any ridge does. */
  private static double lambda(Moments moments, double ridge) {
    return Math.max(ridge * moments.h().meanOfDiagonal(), 1e-12);
  }

  private static Matrix right(Moments moments, Matrix original, double lambda) {
    double[] right = moments.c().values().clone();
    for (int i = 0; i < right.length; i++) {
      right[i] += lambda * original.values()[i];
    }
    return new Matrix(original.rows(), original.columns(), right);
  }

  /** Up to what does not depend on W. */
  private static double error(Matrix w, Moments on) {
    double[] hw = LinearAlgebra.multiply(on.h(), w).values();
    double error = 0;
    for (int i = 0; i < hw.length; i++) {
      error += w.values()[i] * (hw[i] - 2 * on.c().values()[i]);
    }
    return error;
  }

  /** For several λ: one eigendecomposition. */
  private record Solver(Moments moments, LinearAlgebra.Eigen eigen, Matrix original)
      implements AutoCloseable {
    static Solver of(Moments moments, Matrix original) {
      return new Solver(moments, LinearAlgebra.Eigen.of(moments.h()), original);
    }

    Matrix solve(double ridge) {
      double lambda = lambda(moments, ridge);
      return eigen.apply(
          root -> 1 / (Math.max(root, 0) + lambda), right(moments, original, lambda));
    }

    @Override
    public void close() {
      eigen.close();
    }
  }
}
