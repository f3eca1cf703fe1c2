package dev.secateur.tflite;

import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;

/**
 * Convolutions and pools written out as their definitions, in double: SAME gives ceil(in/stride),
 * its padding split with the odd pixel at the end, as TensorFlow's documentation of {@code
 * tf.nn.convolution} has it.
 */
final class WindowReference {
  private WindowReference() {}

  private record Axis(int in, int window, int stride, int dilation, Op.Padding padding) {
    int out() {
      int effective = (window - 1) * dilation + 1;
      return padding == Op.Padding.SAME
          ? (in + stride - 1) / stride
          : (in - effective + stride) / stride;
    }

    int before() {
      int effective = (window - 1) * dilation + 1;
      return padding == Op.Padding.SAME
          ? Math.max(0, (out() - 1) * stride + effective - in) / 2
          : 0;
    }

    /** Where tap {@code k} of output {@code o} reads; outside the input it reads padding. */
    int at(int o, int k) {
      return o * stride - before() + k * dilation;
    }

    boolean holds(int position) {
      return position >= 0 && position < in;
    }
  }

  private interface Tap {
    /** Takes one pair of places: output, input and kernel. */
    void at(int n, int oy, int ox, int iy, int ix, int ky, int kx);
  }

  private static void each(int samples, Axis y, Axis x, Tap tap) {
    for (int n = 0; n < samples; n++) {
      for (int oy = 0; oy < y.out(); oy++) {
        for (int ox = 0; ox < x.out(); ox++) {
          for (int ky = 0; ky < y.window; ky++) {
            for (int kx = 0; kx < x.window; kx++) {
              int iy = y.at(oy, ky);
              int ix = x.at(ox, kx);
              if (y.holds(iy) && x.holds(ix)) {
                tap.at(n, oy, ox, iy, ix, ky, kx);
              }
            }
          }
        }
      }
    }
  }

  private static int index(Shape shape, int... at) {
    int index = 0;
    for (int i = 0; i < at.length; i++) {
      index = index * shape.dim(i) + at[i];
    }
    return index;
  }

  private static Tensor tensor(Shape shape, double[] values) {
    float[] rounded = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      rounded[i] = (float) values[i];
    }
    return new Tensor(shape, rounded);
  }

  static Tensor conv(Op.Conv2D op, Tensor x, Tensor kernel, Tensor bias) {
    Shape k = kernel.shape();
    Axis y = axis(x, 1, k.dim(0), op.strides().height(), op.dilation().height(), op.padding());
    Axis w = axis(x, 2, k.dim(1), op.strides().width(), op.dilation().width(), op.padding());
    Shape out = Shape.of(x.shape().dim(0), y.out(), w.out(), k.dim(3));
    int perGroup = k.dim(3) / op.groups();
    double[] result = biased(out, bias);
    each(
        out.dim(0),
        y,
        w,
        (n, oy, ox, iy, ix, ky, kx) -> {
          for (int o = 0; o < k.dim(3); o++) {
            for (int i = 0; i < k.dim(2); i++) {
              int channel = o / perGroup * k.dim(2) + i;
              result[index(out, n, oy, ox, o)] +=
                  (double) x.values()[index(x.shape(), n, iy, ix, channel)]
                      * kernel.values()[index(k, ky, kx, i, o)];
            }
          }
        });
    return tensor(out, result);
  }

  static Tensor depthwise(Op.DepthwiseConv2D op, Tensor x, Tensor kernel, Tensor bias) {
    Shape k = kernel.shape();
    Axis y = axis(x, 1, k.dim(0), op.strides().height(), op.dilation().height(), op.padding());
    Axis w = axis(x, 2, k.dim(1), op.strides().width(), op.dilation().width(), op.padding());
    Shape out = Shape.of(x.shape().dim(0), y.out(), w.out(), k.dim(2) * k.dim(3));
    double[] result = biased(out, bias);
    each(
        out.dim(0),
        y,
        w,
        (n, oy, ox, iy, ix, ky, kx) -> {
          for (int o = 0; o < out.dim(3); o++) {
            int i = o / k.dim(3);
            result[index(out, n, oy, ox, o)] +=
                (double) x.values()[index(x.shape(), n, iy, ix, i)]
                    * kernel.values()[index(k, ky, kx, i, o % k.dim(3))];
          }
        });
    return tensor(out, result);
  }

  /** The gradient of the convolution that leads from the output's size to the input's. */
  static Tensor transposed(Op.Conv2DTranspose op, Tensor x, Tensor kernel, Tensor bias) {
    Shape k = kernel.shape();
    Shape out = Shape.of(x.shape().dim(0), op.outputHeight(), op.outputWidth(), k.dim(2));
    Op.Size strides = op.strides();
    Op.Size dilation = op.dilation();
    Axis y = new Axis(out.dim(1), k.dim(0), strides.height(), dilation.height(), op.padding());
    Axis w = new Axis(out.dim(2), k.dim(1), strides.width(), dilation.width(), op.padding());
    double[] result = biased(out, bias);
    each(
        out.dim(0),
        y,
        w,
        (n, oy, ox, iy, ix, ky, kx) -> {
          if (oy >= x.shape().dim(1) || ox >= x.shape().dim(2)) {
            return;
          }
          for (int o = 0; o < k.dim(2); o++) {
            for (int i = 0; i < k.dim(3); i++) {
              result[index(out, n, iy, ix, o)] +=
                  (double) x.values()[index(x.shape(), n, oy, ox, i)]
                      * kernel.values()[index(k, ky, kx, o, i)];
            }
          }
        });
    return tensor(out, result);
  }

  static Tensor pool(Op.Pool2D op, Tensor x) {
    Axis y = axis(x, 1, op.window().height(), op.strides().height(), 1, op.padding());
    Axis w = axis(x, 2, op.window().width(), op.strides().width(), 1, op.padding());
    Shape out = x.shape().with(1, y.out()).with(2, w.out());
    boolean max = op.kind() == Op.PoolKind.MAX;
    double[] result = new double[(int) out.size()];
    int[] counts = new int[result.length];
    each(
        out.dim(0),
        y,
        w,
        (n, oy, ox, iy, ix, ky, kx) -> {
          for (int c = 0; c < out.dim(3); c++) {
            int to = index(out, n, oy, ox, c);
            double value = x.values()[index(x.shape(), n, iy, ix, c)];
            boolean first = counts[to]++ == 0;
            result[to] = first ? value : max ? Math.max(result[to], value) : result[to] + value;
          }
        });
    for (int i = 0; i < result.length && !max; i++) {
      result[i] /= counts[i];
    }
    return tensor(out, result);
  }

  private static Axis axis(
      Tensor x, int dim, int window, int stride, int dilation, Op.Padding padding) {
    return new Axis(x.shape().dim(dim), window, stride, dilation, padding);
  }

  private static double[] biased(Shape out, Tensor bias) {
    double[] result = new double[(int) out.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = bias.values()[i % out.last()];
    }
    return result;
  }
}
