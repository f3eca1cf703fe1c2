package dev.secateur.train.op;

import dev.secateur.graph.Op.Padding;
import dev.secateur.graph.Op.Size;
import dev.secateur.graph.Shape;
import java.util.function.UnaryOperator;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * A dilated convolution (stride one) as a plain one: every {@code dilation}-th row and column is
 * moved into a batch entry of its own and back. The native gradient of a dilated {@code Conv2D}
 * forgets the dilation, and the depthwise kernel has none.
 *
 * @param in (N,H,W,C)
 * @param kernel (h,w,…)
 */
record Dilation(Shape in, Shape kernel, Size dilation, Padding padding) {
  /**
   * @param convolution with VALID padding and stride one
   */
  Operand<TFloat32> apply(
      Ops tf, Operand<TFloat32> x, UnaryOperator<Operand<TFloat32>> convolution) {
    int[] vertical = paddings(in.dim(1), kernel.dim(0), dilation.height());
    int[] horizontal = paddings(in.dim(2), kernel.dim(1), dilation.width());
    var block = tf.constant(new int[] {dilation.height(), dilation.width()});
    Operand<TFloat32> blocks =
        tf.spaceToBatchNd(
            x,
            block,
            tf.constant(
                new int[][] {
                  {vertical[0], vertical[1] + vertical[2]},
                  {horizontal[0], horizontal[1] + horizontal[2]}
                }));
    return tf.batchToSpaceNd(
        convolution.apply(blocks),
        block,
        tf.constant(new int[][] {{0, vertical[2]}, {0, horizontal[2]}}));
  }

  /** Before, after, and what completes the last block and is cropped again. */
  private int[] paddings(int size, int window, int step) {
    int total = padding == Padding.SAME ? (window - 1) * step : 0;
    return new int[] {total / 2, total - total / 2, Math.floorMod(-(size + total), step)};
  }
}
