package dev.secateur.keras.layer;

import dev.secateur.graph.Activation;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Weight.Role;
import dev.secateur.keras.spec.Options;
import java.util.List;

/** Layers that apply a function to each element. */
final class ActivationLayers {
  static final List<LayerType> TYPES =
      List.of(
          LayerType.of("Activation", l -> ActivationFunctions.apply(l, l.input()))
              .axes(Axes.ALIKE)
              .writes((read, written) -> written.put("activation", "linear")),
          LayerType.of("ReLU", ActivationLayers::relu)
              .axes(Axes.ALIKE)
              .writes("max_value", "negative_slope", "threshold"),
          LayerType.of(
                  "LeakyReLU",
                  l -> apply(l, new Activation.LeakyRelu(l.options().number("alpha", 0.3f))))
              .axes(Axes.ALIKE)
              .writes("alpha"),
          LayerType.of("ELU", l -> apply(l, new Activation.Elu(l.options().number("alpha", 1))))
              .axes(Axes.ALIKE)
              .writes("alpha"),
          // Keras 3 has dropped it; ReLU's threshold means the same.
          LayerType.of(
                  "ThresholdedReLU",
                  l -> apply(l, new Activation.ThresholdedRelu(l.options().number("theta", 1))))
              .axes(Axes.ALIKE)
              .writtenAs(
                  "ReLU", (read, written) -> written.put("threshold", read.number("theta", 1))),
          LayerType.of("Softmax", ActivationLayers::softmax).axes(Axes.NUMBERED).writes("axis"),
          LayerType.of("PReLU", ActivationLayers::prelu).axes(Axes.NUMBERED).writes("shared_axes"));

  private ActivationLayers() {}

  private static String apply(LayerContext layer, Activation function) {
    return layer.add(new Op.Activate(function), layer.input());
  }

  private static String relu(LayerContext layer) {
    float max = layer.options().number("max_value", Float.POSITIVE_INFINITY);
    float slope = layer.options().number("negative_slope", 0);
    float threshold = layer.options().number("threshold", 0);
    return apply(layer, relu(max, slope, threshold));
  }

  /** The simplest function that is the same. */
  static Activation relu(float max, float slope, float threshold) {
    if (threshold == 0 && slope == 0 && max == Float.POSITIVE_INFINITY) {
      return Activation.Simple.RELU;
    }
    if (threshold == 0 && slope == 0 && max == 6) {
      return Activation.Simple.RELU6;
    }
    if (threshold == 0 && max == Float.POSITIVE_INFINITY) {
      return new Activation.LeakyRelu(slope);
    }
    return new Activation.GeneralRelu(max, slope, threshold);
  }

  /** Over one axis, or several at once. */
  private static String softmax(LayerContext layer) {
    Options options = layer.options();
    int rank = layer.shape().rank();
    List<Integer> given = options.has("axis") ? options.integers("axis") : List.of(-1);
    List<Integer> axes =
        given.stream().map(a -> options.axis(a, rank, "axis")).distinct().sorted().toList();
    return axes.size() == 1
        ? apply(layer, new Activation.Softmax(axes.get(0)))
        : ReductionOperations.softmaxOver(layer, layer.input(), axes, false);
  }

  /** Slopes have the input's shape without the batch, and one in place of a shared axis. */
  private static String prelu(LayerContext layer) {
    Shape x = layer.shape();
    List<Integer> slopes = layer.sample(layer.input());
    if (layer.options().has("shared_axes")) {
      for (int axis : layer.options().integers("shared_axes")) {
        slopes.set(layer.options().axis(axis, x.rank(), "shared_axes") - 1, 1);
      }
    }
    String alpha = layer.weight("alpha", Role.ALPHA, new Shape(slopes));
    return layer.add(new Op.Prelu(), layer.input(), alpha);
  }
}
