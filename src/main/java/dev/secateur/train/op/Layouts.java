package dev.secateur.train.op;

import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.StridedSlice;
import org.tensorflow.op.image.ResizeBilinear;
import org.tensorflow.op.image.ResizeNearestNeighbor;
import org.tensorflow.types.TFloat32;

/** Ops that move values: pools, reshapes, pads, slices, resizes. */
final class Layouts {
  private Layouts() {}

  static Operand<TFloat32> pool(Op.Pool2D op, Site site) {
    Ops tf = site.tf();
    if (op.kind() == Op.PoolKind.MAX) {
      return tf.nn.maxPool(
          site.x(),
          tf.constant(new int[] {1, op.window().height(), op.window().width(), 1}),
          tf.constant(new int[] {1, op.strides().height(), op.strides().width(), 1}),
          op.padding().name());
    }
    return tf.nn.avgPool(
        site.x(),
        List.of(1L, (long) op.window().height(), (long) op.window().width(), 1L),
        List.of(1L, (long) op.strides().height(), (long) op.strides().width(), 1L),
        op.padding().name());
  }

  static Operand<TFloat32> reshape(Op.Reshape op, Site site) {
    int[] dims = new int[op.sample().rank() + 1];
    dims[0] = -1;
    System.arraycopy(op.sample().toArray(), 0, dims, 1, op.sample().rank());
    return site.tf().reshape(site.x(), site.tf().constant(dims));
  }

  static Operand<TFloat32> permute(Op.Permute op, Site site) {
    return site.tf().linalg.transpose(site.x(), site.tf().constant(ints(op.order())));
  }

  static Operand<TFloat32> pad(Op.Pad op, Site site) {
    Ops tf = site.tf();
    int[][] paddings = new int[op.before().size()][];
    for (int i = 0; i < paddings.length; i++) {
      paddings[i] = new int[] {op.before().get(i), op.after().get(i)};
    }
    if (op.mode() == Op.PadMode.CONSTANT) {
      return tf.pad(site.x(), tf.constant(paddings), tf.constant(op.value()));
    }
    return tf.mirrorPad(site.x(), tf.constant(paddings), op.mode().name());
  }

  static Operand<TFloat32> slice(Op.Slice op, Site site) {
    // Bit 0: all of the batch, whatever its size. An end of −1 would count from the end.
    long endMask = 1;
    for (int i = 1; i < op.end().size(); i++) {
      endMask |= op.end().get(i) < 0 ? 1L << i : 0;
    }
    return stridedSlice(
        site.tf(), site.x(), ints(op.begin()), ints(op.end()), batchStride(op), 1, endMask);
  }

  private static int[] batchStride(Op.Slice op) {
    int[] strides = ints(op.strides());
    strides[0] = 1;
    return strides;
  }

  static Operand<TFloat32> stridedSlice(
      Ops tf,
      Operand<TFloat32> x,
      int[] begin,
      int[] end,
      int[] strides,
      long beginMask,
      long endMask) {
    return tf.stridedSlice(
        x,
        tf.constant(begin),
        tf.constant(end),
        tf.constant(strides),
        StridedSlice.beginMask(beginMask),
        StridedSlice.endMask(endMask));
  }

  static Operand<TFloat32> depthToSpace(Op.DepthToSpace op, Site site) {
    return site.tf().nn.depthToSpace(site.x(), (long) op.block());
  }

  static Operand<TFloat32> spaceToDepth(Op.SpaceToDepth op, Site site) {
    return site.tf().nn.spaceToDepth(site.x(), (long) op.block());
  }

  static Operand<TFloat32> resize(Op.Resize op, Site site) {
    Ops tf = site.tf();
    var size = tf.constant(new int[] {op.height(), op.width()});
    if (op.method() == Op.ResizeMethod.NEAREST) {
      return tf.image.resizeNearestNeighbor(
          site.x(),
          size,
          ResizeNearestNeighbor.alignCorners(op.alignCorners()),
          ResizeNearestNeighbor.halfPixelCenters(op.halfPixel()));
    }
    return tf.image.resizeBilinear(
        site.x(),
        size,
        ResizeBilinear.alignCorners(op.alignCorners()),
        ResizeBilinear.halfPixelCenters(op.halfPixel()));
  }

  static Operand<TFloat32> concat(Op.Concat op, Site site) {
    return site.tf().concat(site.operands(), site.tf().constant(op.axis()));
  }

  /** Joins copies: concatenation's native gradient is known to be right. */
  static Operand<TFloat32> tile(Op.Tile op, Site site) {
    Ops tf = site.tf();
    Operand<TFloat32> y = site.x();
    for (int axis : IntStream.range(1, op.multiples().size()).toArray()) {
      int copies = op.multiples().get(axis);
      if (copies > 1) {
        y = tf.concat(Collections.nCopies(copies, y), tf.constant(axis));
      }
    }
    return y;
  }

  private static int[] ints(List<Integer> values) {
    return Shape.of(values.stream().mapToInt(Integer::intValue).toArray()).toArray();
  }
}
