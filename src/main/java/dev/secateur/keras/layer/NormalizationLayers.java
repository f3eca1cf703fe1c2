package dev.secateur.keras.layer;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.secateur.graph.Op;
import dev.secateur.graph.Op.BinaryKind;
import dev.secateur.graph.Op.ReduceKind;
import dev.secateur.graph.Op.UnaryKind;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.Weight.Role;
import dev.secateur.keras.refusal.Refusal;
import dev.secateur.keras.spec.Numbers;
import dev.secateur.keras.spec.Options;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Normalisations. Batch normalisation is an operation of the graph; the others are taken apart into
 * means, differences and products, as their definitions read.
 */
final class NormalizationLayers {
  static final List<LayerType> TYPES =
      List.of(
          LayerType.of("BatchNormalization", NormalizationLayers::batch)
              .axes(Axes.NUMBERED)
              .alias("BatchNormalizationV1", "BatchNormalizationV2", "SyncBatchNormalization")
              .harmless("fused", "synchronized")
              .without("virtual_batch_size", "adjustment", "renorm_clipping")
              .only("renorm_momentum", JsonNodeFactory.instance.numberNode(0.99))
              .writes(
                  (read, written) ->
                      written.put("axis", read.has("axis") ? read.integers("axis").get(0) : -1),
                  "momentum",
                  "epsilon",
                  "center",
                  "scale"),
          LayerType.of("LayerNormalization", NormalizationLayers::layer)
              .axes(Axes.NUMBERED)
              .writes("axis", "epsilon", "center", "scale"),
          LayerType.of("GroupNormalization", NormalizationLayers::group)
              .axes(Axes.NUMBERED)
              .writes("groups", "axis", "epsilon", "center", "scale"),
          LayerType.of("UnitNormalization", NormalizationLayers::unit)
              .axes(Axes.NUMBERED)
              .writes("axis"),
          LayerType.of("Normalization", NormalizationLayers::fixed)
              .axes(Axes.NUMBERED)
              .writes("axis", "mean", "variance", "invert"),
          LayerType.of("LayerScale", NormalizationLayers::scale)
              .harmless("init_values", "projection_dim")
              .writtenAs(
                  "DepthwiseConv2D",
                  (read, written) -> written.put("kernel_size", 1).put("use_bias", false)));

  private NormalizationLayers() {}

  private static String batch(LayerContext layer) {
    Options options = layer.options();
    if (layer.trainable()) {
      layer.refuseTrainingMode();
    }
    if (options.integer("mode", 0) != 0) {
      throw Refusal.option(
          layer.path(),
          "mode "
              + options.integer("mode", 0)
              + " (normalisation within each sample or by the batch)");
    }
    if (options.flag("renorm", false)) {
      throw Refusal.option(layer.path(), "renorm");
    }
    Shape x = layer.shape();
    int axis = options.axis("axis", -1, x.rank());
    int channels = x.dim(axis);
    Shape each = Shape.of(channels);
    String gamma =
        options.flag("scale", true)
            ? layer.weight("gamma", Role.GAMMA, each)
            : layer.constant("one", filled(channels, 1));
    String beta =
        options.flag("center", true)
            ? layer.weight("beta", Role.BETA, each)
            : layer.constant("zero", filled(channels, 0));
    String mean = layer.weight("moving_mean", Role.MOVING_MEAN, each);
    String variance = layer.weight("moving_variance", Role.MOVING_VARIANCE, each);
    Op op =
        new Op.BatchNormalization(
            options.number("epsilon", 1e-3f),
            options.number("momentum", 0.99f),
            !layer.trainable() || layer.inference());
    List<Integer> order = swapWithLast(axis, x.rank());
    boolean last = axis == x.rank() - 1;
    String in = last ? layer.input() : layer.add(new Op.Permute(order), layer.input());
    String y = layer.add(op, in, gamma, beta, mean, variance);
    return last ? y : layer.add(new Op.Permute(order), y);
  }

  /** The order that swaps an axis with the last: it is its own inverse. */
  private static List<Integer> swapWithLast(int axis, int rank) {
    List<Integer> order = new ArrayList<>(IntStream.range(0, rank).boxed().toList());
    order.set(axis, rank - 1);
    order.set(rank - 1, axis);
    return order;
  }

  private static Tensor filled(int size, float value) {
    float[] values = new float[size];
    Arrays.fill(values, value);
    return Tensor.of(values, size);
  }

  private static String layer(LayerContext layer) {
    Options options = layer.options();
    if (options.flag("rms_scaling", false)) {
      throw Refusal.option(layer.path(), "rms_scaling");
    }
    int rank = layer.shape().rank();
    List<Integer> axes = axes(layer, rank);
    String y = standardized(layer, layer.input(), axes, options.number("epsilon", 1e-3f));
    return scaledAndCentred(layer, y, axes);
  }

  private static List<Integer> axes(LayerContext layer, int rank) {
    Options options = layer.options();
    List<Integer> given = options.has("axis") ? options.integers("axis") : List.of(-1);
    TreeSet<Integer> axes = new TreeSet<>();
    given.forEach(a -> axes.add(options.axis(a, rank, "axis")));
    return List.copyOf(axes);
  }

  /** {@code (x − mean)/sqrt(variance + epsilon)} over the axes. */
  private static String standardized(
      LayerContext layer, String x, List<Integer> axes, float epsilon) {
    String mean = layer.add(new Op.Reduce(ReduceKind.MEAN, axes, true), x);
    String centred = layer.add(new Op.Binary(BinaryKind.SUBTRACT), x, mean);
    String square = layer.add(new Op.Unary(UnaryKind.SQUARE), centred);
    String variance = layer.add(new Op.Reduce(ReduceKind.MEAN, axes, true), square);
    String safe =
        layer.add(new Op.Binary(BinaryKind.ADD), variance, layer.constant("epsilon", epsilon));
    String factor = layer.add(new Op.Unary(UnaryKind.RSQRT), safe);
    return layer.add(new Op.Binary(BinaryKind.MULTIPLY), centred, factor);
  }

  /** Gamma and beta over the axes; in the graph they have ones in between, to broadcast. */
  private static String scaledAndCentred(LayerContext layer, String x, List<Integer> axes) {
    Shape shape = layer.graph().shape(x);
    Shape inKeras = new Shape(axes.stream().map(shape::dim).toList());
    Shape inGraph =
        new Shape(
            IntStream.range(axes.get(0), shape.rank())
                .map(i -> axes.contains(i) ? shape.dim(i) : 1)
                .boxed()
                .toList());
    String y = x;
    if (layer.options().flag("scale", true)) {
      String gamma = layer.weight("gamma", Role.GAMMA, inKeras, inGraph);
      y = layer.add(new Op.Binary(BinaryKind.MULTIPLY), y, gamma);
    }
    if (layer.options().flag("center", true)) {
      String beta = layer.weight("beta", Role.BETA, inKeras, inGraph);
      y = layer.add(new Op.Binary(BinaryKind.ADD), y, beta);
    }
    return y;
  }

  /** Groups of channels, over all positions: as (positions, groups, channels in a group). */
  private static String group(LayerContext layer) {
    Options options = layer.options();
    Shape x = layer.shape();
    int axis = options.axis("axis", -1, x.rank());
    if (axis != x.rank() - 1) {
      throw Refusal.option(layer.path(), "group normalisation along axis " + axis);
    }
    int channels = x.last();
    int groups = options.integer("groups", 32);
    groups = groups == -1 ? channels : groups;
    if (groups < 1 || channels % groups != 0) {
      throw Refusal.config(layer.path(), channels + " channels in " + groups + " groups");
    }
    int positions = (int) (x.size() / channels);
    String grouped = layer.reshape(layer.input(), positions, groups, channels / groups);
    float epsilon = options.number("epsilon", 1e-3f);
    String y = standardized(layer, grouped, List.of(1, 3), epsilon);
    int[] sample = layer.sample(layer.input()).stream().mapToInt(i -> i).toArray();
    return scaledAndCentred(layer, layer.reshape(y, sample), List.of(axis));
  }

  /** To length one along the axes. */
  private static String unit(LayerContext layer) {
    List<Integer> axes = axes(layer, layer.shape().rank());
    String square = layer.add(new Op.Unary(UnaryKind.SQUARE), layer.input());
    String sum = layer.add(new Op.Reduce(ReduceKind.SUM, axes, true), square);
    String least = layer.constant("epsilon", 1e-12f);
    String safe = layer.add(new Op.Binary(BinaryKind.MAXIMUM), sum, least);
    String factor = layer.add(new Op.Unary(UnaryKind.RSQRT), safe);
    return layer.add(new Op.Binary(BinaryKind.MULTIPLY), layer.input(), factor);
  }

  /**
   * {@code (x − mean)/max(sqrt(variance), 1e-7)}, from the configuration or else from weights that
   * {@code adapt} computed; {@code invert} undoes it.
   */
  private static String fixed(LayerContext layer) {
    Options options = layer.options();
    Shape x = layer.shape();
    List<Integer> axes =
        options.has("axis") && !(options.get("axis").isArray() && options.get("axis").isEmpty())
            ? axes(layer, x.rank())
            : List.of();
    Shape inKeras = new Shape(axes.stream().map(x::dim).toList());
    int first = axes.isEmpty() ? x.rank() : axes.get(0);
    Shape inGraph =
        new Shape(
            IntStream.range(first, x.rank())
                .map(i -> axes.contains(i) ? x.dim(i) : 1)
                .boxed()
                .toList());
    float[] mean;
    float[] variance;
    int size = (int) inKeras.size();
    if (options.has("mean") != options.has("variance")) {
      throw Refusal.config(layer.path(), "mean and variance must both be given, or neither");
    }
    if (options.has("mean")) {
      mean = Numbers.flat(options, "mean", size);
      variance = Numbers.flat(options, "variance", size);
    } else {
      mean = layer.hiddenWeight("mean", inKeras, false);
      variance = layer.hiddenWeight("variance", inKeras, false);
      layer.hiddenWeight("count", Shape.of(), true);
    }
    boolean invert = options.flag("invert", false);
    float[] factor = new float[size];
    layer
        .weights()
        .afterLoading(
            () -> {
              for (int i = 0; i < size; i++) {
                float deviation = Math.max((float) Math.sqrt(variance[i]), 1e-7f);
                factor[i] = invert ? deviation : 1 / deviation;
              }
            });
    String centre = layer.constant("mean", new Tensor(inGraph, mean));
    String scale = layer.constant("scale", new Tensor(inGraph, factor));
    if (invert) {
      String scaled = layer.add(new Op.Binary(BinaryKind.MULTIPLY), layer.input(), scale);
      return layer.add(new Op.Binary(BinaryKind.ADD), scaled, centre);
    }
    String centred = layer.add(new Op.Binary(BinaryKind.SUBTRACT), layer.input(), centre);
    return layer.add(new Op.Binary(BinaryKind.MULTIPLY), centred, scale);
  }

  /** ConvNeXt's factor for each channel. */
  private static String scale(LayerContext layer) {
    int channels = layer.shape().last();
    String gamma = layer.weight("gamma", Role.GAMMA, Shape.of(channels));
    return layer.add(new Op.Binary(BinaryKind.MULTIPLY), layer.input(), gamma);
  }
}
