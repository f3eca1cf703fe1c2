package dev.secateur.train.op;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** The L1 and L2 penalties that Keras' regularisers add to the loss. */
public final class Penalties {
  private Penalties() {}

  /** {@code l1·Σ|x| + l2·Σx²}, or nothing where both factors are zero. */
  public static Optional<Operand<TFloat32>> of(Ops tf, Operand<TFloat32> x, double l1, double l2) {
    List<Operand<TFloat32>> terms = new ArrayList<>();
    if (l1 != 0) {
      terms.add(tf.math.mul(sum(tf, tf.math.abs(x)), tf.constant((float) l1)));
    }
    if (l2 != 0) {
      terms.add(tf.math.mul(sum(tf, Arithmetic.square(tf, x)), tf.constant((float) l2)));
    }
    return terms.stream().reduce(tf.math::add);
  }

  /** The sum of all elements of a tensor of any rank. */
  public static Operand<TFloat32> sum(Ops tf, Operand<TFloat32> x) {
    Operand<TFloat32> flat = tf.reshape(x, tf.constant(new int[] {-1}));
    return tf.reduceSum(flat, tf.constant(new int[] {0}));
  }
}
