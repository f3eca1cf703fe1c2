package dev.secateur.train.op;

import dev.secateur.graph.Op;
import dev.secateur.graph.Op.Padding;
import dev.secateur.graph.Op.Size;
import dev.secateur.graph.Shape;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** Convolutions of all kinds, with the detours that the CPU kernels need. */
final class Convolutions {
  private Convolutions() {}

  static Operand<TFloat32> convolution(Op.Conv2D op, Site site) {
    int perGroup = site.shape(1).dim(2);
    Operand<TFloat32> y;
    if (op.groups() == 1) {
      y = convolve(site.tf(), site.x(), site.operand(1), site.shape(0), site.shape(1), op);
    } else if (perGroup == 1) {
      y = channelwise(op, site);
    } else {
      y = grouped(op, site);
    }
    return biased(site, y);
  }

  private static Operand<TFloat32> convolve(
      Ops tf, Operand<TFloat32> x, Operand<TFloat32> kernel, Shape in, Shape k, Op.Conv2D op) {
    if (!op.dilation().equals(Size.ONE)) {
      return new Dilation(in, k, op.dilation(), op.padding())
          .apply(tf, x, y -> tf.nn.conv2d(y, kernel, spatial(op.strides()), Padding.VALID.name()));
    }
    return tf.nn.conv2d(x, kernel, spatial(op.strides()), op.padding().name());
  }

  /** One input channel a group is a depthwise convolution: (h,w,1,I·M) is (h,w,I,M). */
  private static Operand<TFloat32> channelwise(Op.Conv2D op, Site site) {
    Shape k = site.shape(1);
    Shape depthwise = Shape.of(k.dim(0), k.dim(1), op.groups(), k.dim(3) / op.groups());
    return depthwise(
        site.tf(),
        site.x(),
        site.tf().reshape(site.operand(1), site.tf().constant(depthwise.toArray())),
        site.shape(0),
        depthwise,
        op.strides(),
        op.padding(),
        op.dilation());
  }

  /** One convolution a group: the native gradient is not relied on to know groups. */
  private static Operand<TFloat32> grouped(Op.Conv2D op, Site site) {
    Ops tf = site.tf();
    Shape k = site.shape(1);
    int in = k.dim(2);
    int out = k.dim(3) / op.groups();
    List<Operand<TFloat32>> parts = new ArrayList<>();
    for (int g = 0; g < op.groups(); g++) {
      Operand<TFloat32> x =
          tf.slice(
              site.x(),
              tf.constant(new int[] {0, 0, 0, g * in}),
              tf.constant(new int[] {-1, -1, -1, in}));
      Operand<TFloat32> kernel =
          tf.slice(
              site.operand(1),
              tf.constant(new int[] {0, 0, 0, g * out}),
              tf.constant(new int[] {-1, -1, -1, out}));
      parts.add(convolve(tf, x, kernel, site.shape(0), k, op));
    }
    return tf.concat(parts, tf.constant(3));
  }

  static Operand<TFloat32> depthwise(Op.DepthwiseConv2D op, Site site) {
    return biased(
        site,
        depthwise(
            site.tf(),
            site.x(),
            site.operand(1),
            site.shape(0),
            site.shape(1),
            op.strides(),
            op.padding(),
            op.dilation()));
  }

  /**
   * The CPU kernel knows no strides that differ, so every position is computed and the wanted ones
   * are kept.
   */
  private static Operand<TFloat32> depthwise(
      Ops tf,
      Operand<TFloat32> x,
      Operand<TFloat32> kernel,
      Shape in,
      Shape k,
      Size strides,
      Padding padding,
      Size dilation) {
    if (!dilation.equals(Size.ONE)) {
      return new Dilation(in, k, dilation, padding)
          .apply(
              tf,
              x,
              y -> tf.nn.depthwiseConv2dNative(y, kernel, spatial(Size.ONE), Padding.VALID.name()));
    }
    if (strides.height() == strides.width()) {
      return tf.nn.depthwiseConv2dNative(x, kernel, spatial(strides), padding.name());
    }
    Operand<TFloat32> padded = x;
    if (padding == Padding.SAME) {
      int[] vertical = samePadding(in.dim(1), k.dim(0), strides.height());
      int[] horizontal = samePadding(in.dim(2), k.dim(1), strides.width());
      padded =
          tf.pad(
              x, tf.constant(new int[][] {{0, 0}, vertical, horizontal, {0, 0}}), tf.constant(0f));
    }
    Operand<TFloat32> all =
        tf.nn.depthwiseConv2dNative(padded, kernel, spatial(Size.ONE), Padding.VALID.name());
    int[] kept = {1, strides.height(), strides.width(), 1};
    return Layouts.stridedSlice(tf, all, new int[4], new int[4], kept, 0b1111, 0b1111);
  }

  private static int[] samePadding(int in, int window, int stride) {
    int out = (in + stride - 1) / stride;
    int total = Math.max((out - 1) * stride + window - in, 0);
    return new int[] {total / 2, total - total / 2};
  }

  /** A kernel (h,w,a,b) with {@code dilation − 1} zeros between its rows and columns. */
  private static Operand<TFloat32> spread(
      Ops tf, Operand<TFloat32> kernel, Shape shape, Size dilation) {
    if (dilation.equals(Size.ONE)) {
      return kernel;
    }
    int h = shape.dim(0);
    int w = shape.dim(1);
    int dh = dilation.height();
    int dw = dilation.width();
    Operand<TFloat32> apart =
        tf.reshape(kernel, tf.constant(new int[] {h, 1, w, 1, shape.dim(2) * shape.dim(3)}));
    Operand<TFloat32> filled =
        tf.pad(
            apart,
            tf.constant(new int[][] {{0, 0}, {0, dh - 1}, {0, 0}, {0, dw - 1}, {0, 0}}),
            tf.constant(0f));
    Operand<TFloat32> joined =
        tf.reshape(filled, tf.constant(new int[] {h * dh, w * dw, shape.dim(2), shape.dim(3)}));
    return tf.slice(
        joined,
        tf.constant(new int[4]),
        tf.constant(new int[] {(h - 1) * dh + 1, (w - 1) * dw + 1, -1, -1}));
  }

  static Operand<TFloat32> transposed(Op.Conv2DTranspose op, Site site) {
    Ops tf = site.tf();
    Shape k = site.shape(1);
    Operand<TInt32> batch =
        tf.slice(tf.shape(site.x()), tf.constant(new int[] {0}), tf.constant(new int[] {1}));
    Operand<TInt32> rest = tf.constant(new int[] {op.outputHeight(), op.outputWidth(), k.dim(2)});
    Operand<TFloat32> y =
        tf.nn.conv2dBackpropInput(
            tf.concat(List.of(batch, rest), tf.constant(0)),
            spread(tf, site.operand(1), k, op.dilation()),
            site.x(),
            spatial(op.strides()),
            op.padding().name());
    return biased(site, y);
  }

  /** Adds the bias, where there is one as third operand. */
  static Operand<TFloat32> biased(Site site, Operand<TFloat32> y) {
    return site.has(2) ? site.tf().nn.biasAdd(y, site.operand(2)) : y;
  }

  private static List<Long> spatial(Size size) {
    return List.of(1L, (long) size.height(), (long) size.width(), 1L);
  }
}
