package dev.secateur.prune;

import static org.bytedeco.openblas.global.openblas.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas.CblasTrans;
import static org.bytedeco.openblas.global.openblas.CblasUpper;
import static org.bytedeco.openblas.global.openblas.LAPACKE_dposv;
import static org.bytedeco.openblas.global.openblas.LAPACKE_dpotrf;
import static org.bytedeco.openblas.global.openblas.LAPACKE_dsyevd;
import static org.bytedeco.openblas.global.openblas.LAPACK_COL_MAJOR;
import static org.bytedeco.openblas.global.openblas.LAPACK_ROW_MAJOR;
import static org.bytedeco.openblas.global.openblas.blas_set_num_threads;
import static org.bytedeco.openblas.global.openblas.cblas_dgemm;
import static org.bytedeco.openblas.global.openblas.cblas_dsyrk;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import org.bytedeco.javacpp.DoublePointer;

/**
 * Dense linear algebra on {@link Matrix matrices}, by OpenBLAS. Each call computes on the thread
 * that makes it, so that results do not depend on the number of threads.
 */
final class LinearAlgebra {
  private static final byte LOWER = 'L';
  private static final byte WITH_VECTORS = 'V';

  static {
    blas_set_num_threads(1);
  }

  private LinearAlgebra() {}

  /** {@code left·right}. */
  static Matrix multiply(Matrix left, Matrix right) {
    try (DoublePointer a = new DoublePointer(left.values());
        DoublePointer b = new DoublePointer(right.values())) {
      return product(CblasNoTrans, left.rows(), left.columns(), a, b, right.columns());
    }
  }

  /** {@code leftᵀ·right}. */
  static Matrix multiplyTransposed(Matrix left, Matrix right) {
    try (DoublePointer a = new DoublePointer(left.values());
        DoublePointer b = new DoublePointer(right.values())) {
      return product(CblasTrans, left.columns(), left.rows(), a, b, right.columns());
    }
  }

  private static Matrix product(
      int transposed, int rows, int inner, DoublePointer a, DoublePointer b, int columns) {
    try (DoublePointer made = new DoublePointer((long) rows * columns)) {
      multiply(transposed, rows, inner, a, b, columns, made);
      return matrix(rows, columns, made);
    }
  }

  private static void multiply(
      int transposed,
      int rows,
      int inner,
      DoublePointer a,
      DoublePointer b,
      int columns,
      DoublePointer made) {
    int width = transposed == CblasTrans ? rows : inner;
    cblas_dgemm(
        CblasRowMajor,
        transposed,
        CblasNoTrans,
        rows,
        columns,
        inner,
        1,
        a,
        width,
        b,
        columns,
        0,
        made,
        columns);
  }

  /** {@code matrixᵀ·matrix}. */
  static Matrix gram(Matrix matrix) {
    int n = matrix.columns();
    try (DoublePointer a = new DoublePointer(matrix.values());
        DoublePointer made = new DoublePointer((long) n * n)) {
      cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, n, matrix.rows(), 1, a, n, 0, made, n);
      Matrix gram = matrix(n, n, made);
      double[] values = gram.values();
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < i; j++) {
          values[i * n + j] = values[j * n + i];
        }
      }
      return gram;
    }
  }

  /**
   * The X of {@code definite·X = right}.
   *
   * @param definite symmetric and positive definite
   */
  static Matrix solve(Matrix definite, Matrix right) {
    int n = definite.rows();
    int columns = right.columns();
    try (DoublePointer a = new DoublePointer(definite.values());
        DoublePointer x = new DoublePointer(right.values())) {
      check(LAPACKE_dposv(LAPACK_ROW_MAJOR, LOWER, n, columns, a, n, x, columns));
      return matrix(n, columns, x);
    }
  }

  /** The lower L of {@code L·Lᵀ = definite}. */
  static Matrix cholesky(Matrix definite) {
    int n = definite.rows();
    try (DoublePointer a = new DoublePointer(definite.values())) {
      check(LAPACKE_dpotrf(LAPACK_ROW_MAJOR, LOWER, n, a, n));
      Matrix lower = matrix(n, n, a);
      for (int i = 0; i < n; i++) {
        Arrays.fill(lower.values(), i * n + i + 1, (i + 1) * n, 0);
      }
      return lower;
    }
  }

  /** A symmetric {@code A = Q·diag(values)·Qᵀ}, whose vectors are outside of the Java heap. */
  static final class Eigen implements AutoCloseable {
    private final int n;
    private final double[] values;

    /** Qᵀ, row-major: a vector a row. */
    private final DoublePointer vectors;

    private Eigen(int n, double[] values, DoublePointer vectors) {
      this.n = n;
      this.values = values;
      this.vectors = vectors;
    }

    static Eigen of(Matrix symmetric) {
      int n = symmetric.rows();
      DoublePointer vectors = new DoublePointer(symmetric.values());
      try (DoublePointer roots = new DoublePointer(n)) {
        check(LAPACKE_dsyevd(LAPACK_COL_MAJOR, WITH_VECTORS, LOWER, n, vectors, n, roots));
        return new Eigen(n, matrix(1, n, roots).values(), vectors);
      } catch (ArithmeticException | OutOfMemoryError e) {
        vectors.close();
        throw e;
      }
    }

    /** {@code f(A)·right}: f of each eigenvalue. */
    Matrix apply(DoubleUnaryOperator f, Matrix right) {
      int columns = right.columns();
      try (DoublePointer given = new DoublePointer(right.values());
          DoublePointer rotated = new DoublePointer((long) n * columns)) {
        multiply(CblasNoTrans, n, n, vectors, given, columns, rotated);
        double[] scaled = matrix(n, columns, rotated).values();
        for (int i = 0; i < n; i++) {
          double factor = f.applyAsDouble(values[i]);
          for (int j = i * columns; j < (i + 1) * columns; j++) {
            scaled[j] *= factor;
          }
        }
        rotated.put(scaled);
        multiply(CblasTrans, n, n, vectors, rotated, columns, given);
        return matrix(n, columns, given);
      }
    }

    @Override
    public void close() {
      vectors.close();
    }
  }

  /** A square matrix that is multiplied more than once, outside of the Java heap. */
  static final class Factor implements AutoCloseable {
    private final int n;
    private final DoublePointer values;

    Factor(Matrix square) {
      this.n = square.rows();
      this.values = new DoublePointer(square.values());
    }

    /** This one times {@code right}. */
    Matrix multiply(Matrix right) {
      try (DoublePointer b = new DoublePointer(right.values())) {
        return product(CblasNoTrans, n, n, values, b, right.columns());
      }
    }

    @Override
    public void close() {
      values.close();
    }
  }

  private static Matrix matrix(int rows, int columns, DoublePointer from) {
    double[] values = new double[Math.multiplyExact(rows, columns)];
    from.get(values);
    return new Matrix(rows, columns, values);
  }

  /**
   * @throws ArithmeticException where the matrix is not what the routine is for
   */
  private static void check(int info) {
    if (info != 0) {
      throw new ArithmeticException("a matrix that is not finite, or not positive definite");
    }
  }
}
