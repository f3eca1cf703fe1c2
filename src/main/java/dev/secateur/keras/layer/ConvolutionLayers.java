package dev.secateur.keras.layer;

import dev.secateur.graph.Op;
import dev.secateur.graph.Op.Padding;
import dev.secateur.graph.Op.Size;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Weight.Role;
import dev.secateur.keras.refusal.Refusal;
import dev.secateur.keras.spec.Options;
import java.util.ArrayList;
import java.util.List;

/** Convolutions and dense layers. One-dimensional ones run at a height of one. */
final class ConvolutionLayers {
  static final List<LayerType> TYPES =
      List.of(
          LayerType.of("Dense", ConvolutionLayers::dense)
              .alias("TimeDistributedDense")
              .writes("units", "use_bias"),
          windowed("Conv2D", l -> convolution(Window.of(l, false)), "filters", "groups")
              .alias("Convolution2D", "AtrousConvolution2D", "AtrousConv2D"),
          windowed("Conv1D", l -> convolution(Window.of(l, true)), "filters", "groups")
              .alias("Convolution1D", "AtrousConvolution1D", "AtrousConv1D"),
          windowed("DepthwiseConv2D", l -> depthwise(Window.of(l, false)), "depth_multiplier")
              .alias("DepthwiseConvolution2D")
              .only("groups", 1),
          windowed("DepthwiseConv1D", l -> depthwise(Window.of(l, true)), "depth_multiplier")
              .alias("DepthwiseConvolution1D")
              .only("groups", 1),
          windowed(
                  "SeparableConv2D",
                  l -> separable(Window.of(l, false)),
                  "filters",
                  "depth_multiplier")
              .alias("SeparableConvolution2D")
              .only("groups", 1),
          windowed(
                  "SeparableConv1D",
                  l -> separable(Window.of(l, true)),
                  "filters",
                  "depth_multiplier")
              .alias("SeparableConvolution1D")
              .only("groups", 1),
          windowed(
                  "Conv2DTranspose",
                  l -> transposed(Window.of(l, false)),
                  "filters",
                  "output_padding")
              .alias("Convolution2DTranspose", "Deconvolution2D", "Deconv2D")
              .harmless("output_shape")
              .only("groups", 1),
          windowed(
                  "Conv1DTranspose",
                  l -> transposed(Window.of(l, true)),
                  "filters",
                  "output_padding")
              .alias("Convolution1DTranspose")
              .only("groups", 1));

  private ConvolutionLayers() {}

  private static LayerType windowed(String name, LayerType.Lowering lowering, String... own) {
    List<String> written =
        new ArrayList<>(List.of("kernel_size", "strides", "padding", "dilation_rate", "use_bias"));
    written.addAll(List.of(own));
    return LayerType.of(name, lowering).axes(Axes.BY_FORMAT).writes(written.toArray(String[]::new));
  }

  private static String dense(LayerContext layer) {
    Shape x = layer.shape();
    if (x.rank() < 2) {
      throw Refusal.config(layer.path(), "needs at least one dimension beside the batch");
    }
    int units = layer.options().count("units");
    List<String> operands = new ArrayList<>(List.of(layer.input()));
    operands.add(layer.weight("kernel", Role.KERNEL, Shape.of(x.last(), units)));
    bias(layer, operands, units);
    return finish(layer, layer.add(new Op.Dense(), operands));
  }

  private static void bias(LayerContext layer, List<String> operands, int size) {
    if (layer.options().flag("use_bias", true)) {
      operands.add(layer.weight("bias", Role.BIAS, Shape.of(size)));
    }
  }

  private static String finish(LayerContext layer, String value) {
    return layer.regularized(ActivationFunctions.apply(layer, value));
  }

  /**
   * The window options that all convolutions share, and the input as an image.
   *
   * @param oneDimensional kernels have no height in Keras
   */
  private record Window(
      LayerContext layer,
      boolean oneDimensional,
      String x,
      Size kernel,
      Size strides,
      Size dilation,
      Padding padding) {

    static Window of(LayerContext layer, boolean oneDimensional) {
      Options options = layer.options();
      Shape shape = layer.shape(oneDimensional ? 3 : 4);
      Size kernel =
          oneDimensional ? options.length("kernel_size", 1) : options.size("kernel_size", Size.ONE);
      Size strides =
          oneDimensional ? options.length("strides", 1) : options.size("strides", Size.ONE);
      Size dilation =
          oneDimensional
              ? options.length("dilation_rate", 1)
              : options.size("dilation_rate", Size.ONE);
      if (!options.has("kernel_size")) {
        throw Refusal.config(layer.path(), "kernel_size is absent");
      }
      String x = layer.input();
      if (oneDimensional) {
        x = layer.reshape(x, 1, shape.dim(1), shape.dim(2));
      }
      Padding padding;
      if (options.text("padding", "valid").equals("causal")) {
        int before = (kernel.width() - 1) * dilation.width();
        x =
            before == 0
                ? x
                : layer.add(
                    new Op.Pad(
                        List.of(0, 0, before, 0), List.of(0, 0, 0, 0), Op.PadMode.CONSTANT, 0),
                    x);
        padding = Padding.VALID;
      } else {
        padding = options.padding("valid");
      }
      return new Window(layer, oneDimensional, x, kernel, strides, dilation, padding);
    }

    int channels() {
      return layer.graph().shape(x).last();
    }

    String weight(String name, int a, int b) {
      Shape inGraph = Shape.of(kernel.height(), kernel.width(), a, b);
      Shape inKeras = oneDimensional ? Shape.of(kernel.width(), a, b) : inGraph;
      return layer.weight(name, Role.KERNEL, inKeras, inGraph);
    }

    /** Back to Keras' rank, then the activation. */
    String finish(String y) {
      Shape shape = layer.graph().shape(y);
      String z = oneDimensional ? layer.reshape(y, shape.dim(2), shape.dim(3)) : y;
      return ConvolutionLayers.finish(layer, z);
    }
  }

  private static String convolution(Window w) {
    LayerContext layer = w.layer();
    int filters = layer.options().count("filters");
    int groups = layer.options().count("groups", 1);
    if (w.channels() % groups != 0 || filters % groups != 0) {
      throw Refusal.config(layer.path(), filters + " filters in " + groups + " groups");
    }
    List<String> operands = new ArrayList<>(List.of(w.x()));
    operands.add(w.weight("kernel", w.channels() / groups, filters));
    bias(layer, operands, filters);
    return w.finish(
        layer.add(new Op.Conv2D(w.strides(), w.padding(), w.dilation(), groups), operands));
  }

  private static String depthwise(Window w) {
    LayerContext layer = w.layer();
    int multiplier = layer.options().count("depth_multiplier", 1);
    List<String> operands = new ArrayList<>(List.of(w.x()));
    operands.add(w.weight("depthwise_kernel", w.channels(), multiplier));
    bias(layer, operands, w.channels() * multiplier);
    return w.finish(
        layer.add(new Op.DepthwiseConv2D(w.strides(), w.padding(), w.dilation()), operands));
  }

  /** A depthwise convolution without bias, then a convolution of size one. */
  private static String separable(Window w) {
    LayerContext layer = w.layer();
    int filters = layer.options().count("filters");
    int multiplier = layer.options().count("depth_multiplier", 1);
    String depthwise = w.weight("depthwise_kernel", w.channels(), multiplier);
    int inner = w.channels() * multiplier;
    Shape inGraph = Shape.of(1, 1, inner, filters);
    Shape inKeras = w.oneDimensional() ? Shape.of(1, inner, filters) : inGraph;
    String pointwise = layer.weight("pointwise_kernel", Role.KERNEL, inKeras, inGraph);
    String y =
        layer.add(new Op.DepthwiseConv2D(w.strides(), w.padding(), w.dilation()), w.x(), depthwise);
    List<String> operands = new ArrayList<>(List.of(y, pointwise));
    bias(layer, operands, filters);
    return w.finish(layer.add(new Op.Conv2D(Size.ONE, Padding.VALID, Size.ONE, 1), operands));
  }

  private static String transposed(Window w) {
    LayerContext layer = w.layer();
    int filters = layer.options().count("filters");
    Shape x = layer.graph().shape(w.x());
    List<String> operands = new ArrayList<>(List.of(w.x()));
    operands.add(w.weight("kernel", filters, w.channels()));
    bias(layer, operands, filters);
    int[] extra = outputPadding(w);
    int height =
        transposedSize(
            x.dim(1),
            w.kernel().height(),
            w.strides().height(),
            w.dilation().height(),
            w,
            extra[0]);
    int width =
        transposedSize(
            x.dim(2), w.kernel().width(), w.strides().width(), w.dilation().width(), w, extra[1]);
    Op op = new Op.Conv2DTranspose(w.strides(), w.padding(), w.dilation(), height, width);
    return w.finish(layer.add(op, operands));
  }

  private static final int NONE = -1;

  private static int[] outputPadding(Window w) {
    Options options = w.layer().options();
    if (!options.has("output_padding")) {
      return new int[] {NONE, NONE};
    }
    List<Integer> values = options.integers("output_padding");
    int last = values.get(values.size() - 1);
    return w.oneDimensional() ? new int[] {NONE, last} : new int[] {values.get(0), last};
  }

  /** Keras' rule for the size of a transposed convolution's output. */
  private static int transposedSize(
      int in, int kernel, int stride, int dilation, Window w, int outputPadding) {
    int effective = (kernel - 1) * dilation + 1;
    boolean same = w.padding() == Padding.SAME;
    long size;
    if (outputPadding == NONE) {
      size = (long) in * stride + (same ? 0 : Math.max(effective - stride, 0));
    } else {
      int pad = same ? effective / 2 : 0;
      size = (in - 1L) * stride + effective - 2L * pad + outputPadding;
    }
    if (size < 1 || size > 1 << 20) {
      throw Refusal.config(w.layer().path(), "its output would be " + size + " wide");
    }
    return (int) size;
  }
}
