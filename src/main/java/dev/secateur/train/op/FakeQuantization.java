package dev.secateur.train.op;

import dev.secateur.graph.Node;
import dev.secateur.graph.Op;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Max;
import org.tensorflow.types.TFloat32;

/**
 * Rounds to what int8 can hold, by the rules of TensorFlow Lite, while gradients pass as if it did
 * not (the straight-through estimator: Y. Bengio et al., arXiv:1308.3432); beyond the range they
 * stop. TensorFlow's own {@code FakeQuant} ops have no native gradient.
 */
public final class FakeQuantization {
  private static final float LARGEST_WEIGHT = 127;
  private static final float LEAST = -128;
  private static final float MOST = 127;

  /** Half the width that the range of a channel without weights is given. */
  private static final float DEAD = 5e-7f;

  private final Ops tf;

  public FakeQuantization(Ops tf) {
    this.tf = tf;
  }

  /**
   * A value with one scale and zero point for all of it.
   *
   * @param scale a scalar, or one element
   * @param zeroPoint likewise
   */
  public Operand<TFloat32> value(
      Operand<TFloat32> x, Operand<TFloat32> scale, Operand<TFloat32> zeroPoint) {
    Operand<TFloat32> low = tf.math.mul(tf.math.sub(tf.constant(LEAST), zeroPoint), scale);
    Operand<TFloat32> high = tf.math.mul(tf.math.sub(tf.constant(MOST), zeroPoint), scale);
    Operand<TFloat32> inRange = tf.math.minimum(tf.math.maximum(x, low), high);
    return straightThrough(inRange, tf.math.mul(rounded(tf.math.div(inRange, scale)), scale));
  }

  /**
   * A kernel with a symmetric scale for each output channel of the node that reads it. A batch
   * normalisation behind it that is folded later scales whole channels, which changes nothing here.
   */
  public Operand<TFloat32> kernel(Node node, Operand<TFloat32> kernel) {
    Operand<TFloat32> largest =
        tf.max(tf.math.abs(kernel), tf.constant(others(node.op())), Max.keepDims(true));
    Operand<TFloat32> scale =
        tf.math.div(tf.math.maximum(largest, tf.constant(DEAD)), tf.constant(LARGEST_WEIGHT));
    return straightThrough(kernel, tf.math.mul(rounded(tf.math.div(kernel, scale)), scale));
  }

  /**
   * A kernel on a grid. Gradients pass beyond its ends too, so that what left it may come back.
   *
   * @param steps one for each output channel, which are the kernel's last axis
   * @param most the largest level
   */
  public Operand<TFloat32> kernel(Operand<TFloat32> kernel, Operand<TFloat32> steps, int most) {
    Operand<TFloat32> levels =
        tf.math.minimum(
            tf.math.maximum(rounded(tf.math.div(kernel, steps)), tf.constant((float) -most)),
            tf.constant((float) most));
    return straightThrough(kernel, tf.math.mul(levels, steps));
  }

  /** The axes of a kernel that are no output channels. */
  private static int[] others(Op op) {
    if (op instanceof Op.Dense) {
      return new int[] {0};
    }
    if (op instanceof Op.DepthwiseConv2D) {
      return new int[] {0, 1};
    }
    return op instanceof Op.Conv2DTranspose ? new int[] {0, 1, 3} : new int[] {0, 1, 2};
  }

  /** Whether a node's second operand is a kernel that is quantized by its channels. */
  public static boolean hasKernel(Node node) {
    return node.op() instanceof Op.Conv2D
        || node.op() instanceof Op.DepthwiseConv2D
        || node.op() instanceof Op.Conv2DTranspose
        || node.op() instanceof Op.Dense;
  }

  private Operand<TFloat32> straightThrough(Operand<TFloat32> x, Operand<TFloat32> quantized) {
    return tf.math.add(x, tf.stopGradient(tf.math.sub(quantized, x)));
  }

  /** Half away from zero. */
  private Operand<TFloat32> rounded(Operand<TFloat32> x) {
    Operand<TFloat32> half = tf.math.add(tf.math.abs(x), tf.constant(0.5f));
    return tf.math.mul(tf.math.sign(x), tf.math.floor(half));
  }
}
