package dev.secateur.prune;

import java.util.Arrays;
import java.util.Optional;

/**
 * One layer's pruning as a quadratic problem: the W with at most k non-zeros that minimises {@code
 * ½·tr(WᵀAW) − tr(WᵀR)}, where {@code A = H + λI} and {@code R = C + λW₀}. H is the second moment
 * of the inputs that the layer has in the pruned network, C their product with the outputs that it
 * had in the original; the ridge λ, a share of H's mean diagonal, pulls towards the original's
 * weights where the samples say little.
 *
 * <p>Which weights stay is found by ADMM in coordinates in which A has a unit diagonal (ALPS: X.
 * Meng et al., "ALPS: Improved Optimization for Highly Sparse One-Shot Pruning for Large Language
 * Models", 2024, arXiv:2406.07831); their values then are the exact minimum on that support, column
 * by column.
 *
 * <p>Several threads may solve it for their supports.
 */
final class LayerProblem implements AutoCloseable {
  /**
   * @param weights rows×columns, zero where not kept
   * @param kept for each weight, row-major, whether it stays; one that stays may be zero
   */
  record Solution(Matrix weights, boolean[] kept) {}

  /** λ over the mean of H's diagonal. */
  static final double RIDGE = 0.1;

  private static final int MOST_STEPS = 60;
  private static final int STEPS_BETWEEN_CHECKS = 3;
  private static final double FIRST_RHO = 0.1;

  /** Above so many rows, a direct solution a column costs more than conjugate gradients on all. */
  private static final int DIRECT_ROWS = 640;

  /** Above so many rows, the one eigendecomposition takes too much time and memory. */
  private static final int EIGEN_ROWS = 2304;

  /** Products of A and weights that one step with the eigendecomposition takes. */
  private static final int EIGEN_PRODUCTS = 2;

  private static final int GRADIENT_STEPS = 40;
  private static final int FEWEST_GRADIENT_STEPS = 10;
  private static final int INNER_GRADIENT_STEPS = 8;
  private static final double GRADIENT_TOLERANCE = 1e-7;

  private final int rows;
  private final int columns;

  /** {@code diag(A)^½}: weights in scaled coordinates are this times the weights. */
  private final double[] scale;

  /** SAS with {@code S = diag(A)^-½}: unit diagonal. Empty where it is multiplied only. */
  private final Optional<Matrix> a;

  /** So many products of A and weights fit into the work that a solution may take. */
  private final double products;

  /** SR. */
  private final Matrix r;

  /** SAS', where it does not cost too much. */
  private final Optional<LinearAlgebra.Eigen> eigen;

  /** SAS, where it is multiplied. */
  private final Optional<LinearAlgebra.Factor> factor;

  /**
   * @param h rows×rows
   * @param c rows×columns
   * @param original W₀, rows×columns
   * @param work multiplications that a solution may take: a layer so wide that more would be needed
   *     is solved in fewer steps
   */
  LayerProblem(Matrix h, Matrix c, Matrix original, double work) {
    this.rows = original.rows();
    this.columns = original.columns();
    // A layer whose inputs are all zero keeps its weights: any ridge does.
    double lambda = Math.max(RIDGE * h.meanOfDiagonal(), 1e-12);
    this.scale = new double[rows];
    for (int i = 0; i < rows; i++) {
      scale[i] = Math.sqrt(h.at(i, i) + lambda);
    }
    double[] scaled = new double[rows * rows];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < rows; j++) {
        scaled[i * rows + j] = (h.at(i, j) + (i == j ? lambda : 0)) / (scale[i] * scale[j]);
      }
    }
    Matrix whole = new Matrix(rows, rows, scaled);
    this.a = rows <= DIRECT_ROWS ? Optional.of(whole) : Optional.empty();
    this.products = work / ((double) rows * rows * columns);
    double[] right = new double[rows * columns];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        right[i * columns + j] = (c.at(i, j) + lambda * original.at(i, j)) / scale[i];
      }
    }
    this.r = new Matrix(rows, columns, right);
    this.factor =
        rows > DIRECT_ROWS ? Optional.of(new LinearAlgebra.Factor(whole)) : Optional.empty();
    try {
      this.eigen =
          rows <= EIGEN_ROWS ? Optional.of(LinearAlgebra.Eigen.of(whole)) : Optional.empty();
    } catch (ArithmeticException | OutOfMemoryError e) {
      factor.ifPresent(LinearAlgebra.Factor::close);
      throw e;
    }
  }

  /** The best weights found with non-zeros only where {@code support} allows. */
  Solution solve(Support support) {
    boolean[] kept = admm(support);
    Matrix scaled = rows <= DIRECT_ROWS ? direct(kept) : gradients(kept);
    return new Solution(unscaled(scaled), kept);
  }

  private int steps() {
    int each = eigen.isPresent() ? EIGEN_PRODUCTS : INNER_GRADIENT_STEPS;
    return (int) Math.min(MOST_STEPS, products / each);
  }

  private boolean[] admm(Support support) {
    double rho = FIRST_RHO;
    Matrix d = step(r, 0, Matrix.zeros(rows, columns));
    Matrix w = d;
    double[] v = new double[rows * columns];
    boolean[] kept = support.of(d);
    long count = count(kept);
    keep(d, kept);
    boolean[] checked = kept;
    int steps = steps();
    for (int t = 1; t <= steps; t++) {
      double[] right = new double[v.length];
      for (int i = 0; i < right.length; i++) {
        right[i] = r.values()[i] - v[i] + rho * d.values()[i];
      }
      w = step(new Matrix(rows, columns, right), rho, w);
      double[] moved = new double[v.length];
      for (int i = 0; i < moved.length; i++) {
        moved[i] = w.values()[i] + v[i] / rho;
      }
      d = new Matrix(rows, columns, moved);
      kept = support.of(d);
      keep(d, kept);
      for (int i = 0; i < v.length; i++) {
        v[i] += rho * (w.values()[i] - d.values()[i]);
      }
      if (t % STEPS_BETWEEN_CHECKS == 0) {
        long changed = differences(kept, checked);
        if (changed == 0) {
          break;
        }
        rho *= changed >= 0.1 * count ? 1.3 : changed >= 0.005 * count ? 1.2 : 1.1;
        checked = kept;
      }
    }
    return kept;
  }

  /** {@code (SAS + ρI)⁻¹·right}. */
  private Matrix step(Matrix right, double rho, Matrix start) {
    return eigen
        .map(e -> e.apply(root -> 1 / (Math.max(root, 1e-9) + rho), right))
        .orElseGet(() -> gradients(right, rho, start, everywhere(), INNER_GRADIENT_STEPS));
  }

  /** The minimum on each column's support, from the normal equations. */
  private Matrix direct(boolean[] kept) {
    Matrix whole = a.orElseThrow();
    Matrix solved = Matrix.zeros(rows, columns);
    for (int j = 0; j < columns; j++) {
      int[] support = new int[rows];
      int n = 0;
      for (int i = 0; i < rows; i++) {
        if (kept[i * columns + j]) {
          support[n++] = i;
        }
      }
      if (n == 0) {
        continue;
      }
      double[] square = new double[n * n];
      double[] right = new double[n];
      for (int p = 0; p < n; p++) {
        for (int q = 0; q < n; q++) {
          square[p * n + q] = whole.at(support[p], support[q]);
        }
        right[p] = r.at(support[p], j);
      }
      double[] x = LinearAlgebra.solve(new Matrix(n, n, square), new Matrix(n, 1, right)).values();
      for (int p = 0; p < n; p++) {
        solved.values()[support[p] * columns + j] = x[p];
      }
    }
    return solved;
  }

  private Matrix gradients(boolean[] kept) {
    int steps = (int) Math.min(GRADIENT_STEPS, Math.max(products, FEWEST_GRADIENT_STEPS));
    return gradients(r, 0, Matrix.zeros(rows, columns), kept, steps);
  }

  /**
   * Conjugate gradients for {@code (SAS + ρI)·W = right}, all columns at once, each with step sizes
   * of its own.
   *
   * @param kept where W may be non-zero
   */
  private Matrix gradients(Matrix right, double rho, Matrix start, boolean[] kept, int steps) {
    double[] x = start.values().clone();
    double[] residual = product(new Matrix(rows, columns, x), rho).values();
    for (int i = 0; i < residual.length; i++) {
      residual[i] = kept[i] ? right.values()[i] - residual[i] : 0;
    }
    double[] p = residual.clone();
    double[] rr = columnDots(residual, residual);
    double[] first = rr.clone();
    for (int t = 0; t < steps; t++) {
      double[] ap = product(new Matrix(rows, columns, p), rho).values();
      double[] pap = columnDots(p, ap);
      boolean done = true;
      double[] alpha = new double[columns];
      for (int j = 0; j < columns; j++) {
        boolean small = rr[j] <= GRADIENT_TOLERANCE * GRADIENT_TOLERANCE * first[j];
        alpha[j] = small || pap[j] <= 0 ? 0 : rr[j] / pap[j];
        done &= alpha[j] == 0;
      }
      if (done) {
        break;
      }
      for (int i = 0; i < x.length; i++) {
        double step = alpha[i % columns];
        x[i] += step * p[i];
        residual[i] = kept[i] ? residual[i] - step * ap[i] : 0;
      }
      double[] next = columnDots(residual, residual);
      for (int i = 0; i < p.length; i++) {
        int j = i % columns;
        p[i] = residual[i] + (rr[j] > 0 ? next[j] / rr[j] : 0) * p[i];
      }
      rr = next;
    }
    return new Matrix(rows, columns, x);
  }

  @Override
  public void close() {
    eigen.ifPresent(LinearAlgebra.Eigen::close);
    factor.ifPresent(LinearAlgebra.Factor::close);
  }

  private boolean[] everywhere() {
    boolean[] all = new boolean[rows * columns];
    Arrays.fill(all, true);
    return all;
  }

  private Matrix product(Matrix x, double rho) {
    Matrix y = factor.orElseThrow().multiply(x);
    for (int i = 0; i < y.values().length; i++) {
      y.values()[i] += rho * x.values()[i];
    }
    return y;
  }

  private double[] columnDots(double[] p, double[] q) {
    double[] dots = new double[columns];
    for (int i = 0; i < p.length; i++) {
      dots[i % columns] += p[i] * q[i];
    }
    return dots;
  }

  private Matrix unscaled(Matrix w) {
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        w.values()[i * columns + j] /= scale[i];
      }
    }
    return w;
  }

  private static void keep(Matrix d, boolean[] kept) {
    for (int i = 0; i < kept.length; i++) {
      if (!kept[i]) {
        d.values()[i] = 0;
      }
    }
  }

  private static long count(boolean[] kept) {
    long count = 0;
    for (boolean k : kept) {
      count += k ? 1 : 0;
    }
    return count;
  }

  private static long differences(boolean[] one, boolean[] other) {
    return Arrays.mismatch(one, other) < 0 ? 0 : differing(one, other);
  }

  private static long differing(boolean[] one, boolean[] other) {
    long count = 0;
    for (int i = 0; i < one.length; i++) {
      count += one[i] != other[i] ? 1 : 0;
    }
    return count;
  }
}
