package dev.secateur.train.op;

import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.ReduceMax;
import org.tensorflow.op.core.ReduceMin;
import org.tensorflow.op.core.ReduceProd;
import org.tensorflow.op.core.ReduceSum;
import org.tensorflow.op.math.Mean;
import org.tensorflow.op.train.BatchMatMul;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TType;

/** Products, reductions and element-wise arithmetic. */
public final class Arithmetic {
  private Arithmetic() {}

  static Operand<TFloat32> dense(Op.Dense op, Site site) {
    Ops tf = site.tf();
    Shape x = site.shape(0);
    Shape k = site.shape(1);
    if (x.rank() == 2) {
      return Convolutions.biased(site, tf.linalg.matMul(site.x(), site.operand(1)));
    }
    Operand<TFloat32> rows = tf.reshape(site.x(), tf.constant(new int[] {-1, k.dim(0)}));
    Operand<TFloat32> y = Convolutions.biased(site, tf.linalg.matMul(rows, site.operand(1)));
    return tf.reshape(y, tf.constant(x.with(-1, k.dim(1)).toArray()));
  }

  static Operand<TFloat32> matMul(Op.MatMul op, Site site) {
    return site.tf()
        .train
        .batchMatMul(
            site.x(),
            site.operand(1),
            TFloat32.class,
            BatchMatMul.adjX(op.transposeA()),
            BatchMatMul.adjY(op.transposeB()));
  }

  static Operand<TFloat32> reduce(Op.Reduce op, Site site) {
    Ops tf = site.tf();
    Operand<TInt32> axes = tf.constant(op.axes().stream().mapToInt(Integer::intValue).toArray());
    boolean keep = op.keepDims();
    return switch (op.kind()) {
      case MEAN -> tf.math.mean(site.x(), axes, Mean.keepDims(keep));
      case SUM -> tf.reduceSum(site.x(), axes, ReduceSum.keepDims(keep));
      case MAX -> tf.reduceMax(site.x(), axes, ReduceMax.keepDims(keep));
      case MIN -> tf.reduceMin(site.x(), axes, ReduceMin.keepDims(keep));
      case PRODUCT -> tf.reduceProd(site.x(), axes, ReduceProd.keepDims(keep));
    };
  }

  static Operand<TFloat32> binary(Op.Binary op, Site site) {
    Ops tf = site.tf();
    Operand<TFloat32> a = site.operand(0);
    Operand<TFloat32> b = site.operand(1);
    return switch (op.kind()) {
      case ADD -> tf.math.add(a, b);
      case SUBTRACT -> tf.math.sub(a, b);
      case MULTIPLY -> tf.math.mul(a, b);
      case DIVIDE -> tf.math.div(a, b);
      case MAXIMUM -> tf.math.maximum(a, b);
      case MINIMUM -> tf.math.minimum(a, b);
      case SQUARED_DIFFERENCE -> square(tf, tf.math.sub(a, b));
      case POWER -> tf.math.pow(a, b);
    };
  }

  static Operand<TFloat32> unary(Op.Unary op, Site site) {
    Ops tf = site.tf();
    Operand<TFloat32> x = site.x();
    return switch (op.kind()) {
      case NEGATE -> tf.math.neg(x);
      case ABS -> tf.math.abs(x);
      case SQUARE -> square(tf, x);
      case SQRT -> tf.math.sqrt(x);
      case RSQRT -> tf.math.rsqrt(x);
      case EXP -> tf.math.exp(x);
      case LOG -> tf.math.log(x);
      case SIN -> tf.math.sin(x);
      case COS -> tf.math.cos(x);
      case SIGN -> step(tf, tf.math.sign(x));
      case FLOOR -> step(tf, tf.math.floor(x));
      case CEIL -> step(tf, tf.math.ceil(x));
      case ROUND -> step(tf, tf.math.rint(x));
      case TRUNCATE -> step(tf, tf.dtypes.cast(x, TInt32.class));
    };
  }

  static Operand<TFloat32> compare(Op.Compare op, Site site) {
    Ops tf = site.tf();
    Operand<TFloat32> a = site.operand(0);
    Operand<TFloat32> b = site.operand(1);
    return step(
        tf,
        switch (op.kind()) {
          case GREATER -> tf.math.greater(a, b);
          case GREATER_EQUAL -> tf.math.greaterEqual(a, b);
          case LESS -> tf.math.less(a, b);
          case LESS_EQUAL -> tf.math.lessEqual(a, b);
          case EQUAL -> tf.math.equal(a, b);
          case NOT_EQUAL -> tf.math.notEqual(a, b);
        });
  }

  static Operand<TFloat32> select(Op.Select op, Site site) {
    Ops tf = site.tf();
    Operand<TBool> condition = tf.math.notEqual(site.operand(0), site.constant(0));
    return tf.select(condition, site.operand(1), site.operand(2));
  }

  static Operand<TFloat32> argExtreme(Op.ArgExtreme op, Site site) {
    Ops tf = site.tf();
    Operand<TInt32> axis = tf.constant(op.axis());
    return step(tf, op.largest() ? tf.math.argMax(site.x(), axis) : tf.math.argMin(site.x(), axis));
  }

  /** What is constant between its steps lets no gradient pass, whether the op has one or not. */
  private static Operand<TFloat32> step(Ops tf, Operand<? extends TType> x) {
    return tf.stopGradient(tf.dtypes.cast(x, TFloat32.class));
  }

  /** Not {@code Square}: its native gradient crashes the process. */
  public static Operand<TFloat32> square(Ops tf, Operand<TFloat32> x) {
    return tf.math.mul(x, x);
  }
}
