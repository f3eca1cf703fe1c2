package dev.secateur.prune;

import java.util.List;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.linalg.MatMul;
import org.tensorflow.op.linalg.SelfAdjointEig;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.types.TFloat64;

/**
 * Dense linear algebra on {@link Matrix matrices}, by TensorFlow's kernels. One thread at a time.
 */
final class LinearAlgebra implements AutoCloseable {
  /**
   * {@code A = Q·diag(values)·Qᵀ}.
   *
   * @param values ascending
   * @param vectors Q, a vector a column
   */
  record Eigen(double[] values, Matrix vectors) {}

  private final Graph graph = new Graph();
  private final Session session;
  private final Placeholder<TFloat64> a;
  private final Placeholder<TFloat64> b;
  private final Operand<TFloat64> product;
  private final Operand<TFloat64> transposedProduct;
  private final Operand<TFloat64> solution;
  private final SelfAdjointEig<TFloat64> eigen;
  private final Operand<TFloat64> cholesky;

  LinearAlgebra(int threads) {
    Ops tf = Ops.create(graph);
    a = tf.placeholder(TFloat64.class, Placeholder.shape(Shape.of(-1, -1)));
    b = tf.placeholder(TFloat64.class, Placeholder.shape(Shape.of(-1, -1)));
    product = tf.linalg.matMul(a, b);
    transposedProduct = tf.linalg.matMul(a, b, MatMul.transposeA(true));
    solution = tf.linalg.solve(a, b);
    eigen = tf.linalg.selfAdjointEig(a, SelfAdjointEig.computeV(true));
    cholesky = tf.linalg.cholesky(a);
    session =
        new Session(graph, ConfigProto.newBuilder().setIntraOpParallelismThreads(threads).build());
  }

  /** {@code left·right}. */
  Matrix multiply(Matrix left, Matrix right) {
    return run(product, left, right);
  }

  /** {@code leftᵀ·right}. */
  Matrix multiplyTransposed(Matrix left, Matrix right) {
    return run(transposedProduct, left, right);
  }

  /** The X of {@code square·X = right}. */
  Matrix solve(Matrix square, Matrix right) {
    return run(solution, square, right);
  }

  Eigen eigen(Matrix symmetric) {
    try (TFloat64 fed = tensor(symmetric);
        Result result = session.runner().feed(a, fed).fetch(eigen.e()).fetch(eigen.v()).run()) {
      return new Eigen(
          values((TFloat64) result.get(0)),
          new Matrix(symmetric.rows(), symmetric.columns(), values((TFloat64) result.get(1))));
    }
  }

  /** The lower L of {@code L·Lᵀ = definite}. */
  Matrix cholesky(Matrix definite) {
    try (TFloat64 fed = tensor(definite);
        Result result = session.runner().feed(a, fed).fetch(cholesky).run()) {
      return new Matrix(definite.rows(), definite.columns(), values((TFloat64) result.get(0)));
    }
  }

  private Matrix run(Operand<TFloat64> fetched, Matrix left, Matrix right) {
    try (TFloat64 first = tensor(left);
        TFloat64 second = tensor(right);
        Result result = session.runner().feed(a, first).feed(b, second).fetch(fetched).run()) {
      TFloat64 made = (TFloat64) result.get(0);
      List<Long> shape = java.util.Arrays.stream(made.shape().asArray()).boxed().toList();
      return new Matrix(shape.get(0).intValue(), shape.get(1).intValue(), values(made));
    }
  }

  private static TFloat64 tensor(Matrix matrix) {
    TFloat64 made = TFloat64.tensorOf(Shape.of(matrix.rows(), matrix.columns()));
    made.asRawTensor().data().asDoubles().write(matrix.values());
    return made;
  }

  private static double[] values(TFloat64 tensor) {
    double[] values = new double[Math.toIntExact(tensor.size())];
    tensor.asRawTensor().data().asDoubles().read(values);
    return values;
  }

  @Override
  public void close() {
    session.close();
    graph.close();
  }
}
