package dev.secateur.keras.layer;

import dev.secateur.graph.Op;
import dev.secateur.graph.Op.BinaryKind;
import dev.secateur.graph.Op.ReduceKind;
import dev.secateur.graph.Shape;
import dev.secateur.keras.refusal.Reason;
import dev.secateur.keras.refusal.Refusal;
import java.util.ArrayList;
import java.util.List;

/** Layers with several inputs. */
final class MergeLayers {
  static final List<LayerType> TYPES =
      List.of(
          LayerType.of("Add", l -> fold(l, BinaryKind.ADD)).axes(Axes.ALIKE),
          LayerType.of("Multiply", l -> fold(l, BinaryKind.MULTIPLY)).axes(Axes.ALIKE),
          LayerType.of("Maximum", l -> fold(l, BinaryKind.MAXIMUM)).axes(Axes.ALIKE),
          LayerType.of("Minimum", l -> fold(l, BinaryKind.MINIMUM)).axes(Axes.ALIKE),
          LayerType.of("Subtract", MergeLayers::subtract).axes(Axes.ALIKE),
          LayerType.of("Average", MergeLayers::average).axes(Axes.ALIKE),
          LayerType.of("Concatenate", l -> concatenate(l, l.options().integer("axis", -1)))
              .axes(Axes.NUMBERED)
              .writes("axis"),
          LayerType.of("Dot", l -> dot(l, l.options().flag("normalize", false)))
              .writes("axes", "normalize"),
          merge());

  private MergeLayers() {}

  static String fold(LayerContext layer, BinaryKind kind) {
    List<String> operands = sameRank(layer);
    String result = operands.get(0);
    for (String operand : operands.subList(1, operands.size())) {
      result = layer.add(new Op.Binary(kind), result, operand);
    }
    return result;
  }

  /** Keras gives inputs of lower rank ones after the batch. */
  private static List<String> sameRank(LayerContext layer) {
    List<String> inputs = layer.inputs();
    if (inputs.isEmpty()) {
      throw Refusal.config(layer.path(), "called without tensors");
    }
    int rank = inputs.stream().mapToInt(i -> layer.graph().shape(i).rank()).max().orElse(0);
    List<String> same = new ArrayList<>();
    for (String input : inputs) {
      List<Integer> sample = layer.sample(input);
      while (sample.size() < rank - 1) {
        sample.add(0, 1);
      }
      same.add(layer.reshape(input, sample.stream().mapToInt(i -> i).toArray()));
    }
    return same;
  }

  private static String subtract(LayerContext layer) {
    if (layer.inputs().size() != 2) {
      throw Refusal.config(layer.path(), "needs two inputs");
    }
    return fold(layer, BinaryKind.SUBTRACT);
  }

  private static String average(LayerContext layer) {
    String sum = fold(layer, BinaryKind.ADD);
    String share = layer.constant("share", 1f / layer.inputs().size());
    return layer.add(new Op.Binary(BinaryKind.MULTIPLY), sum, share);
  }

  static String concatenate(LayerContext layer, int axis) {
    if (layer.inputs().size() == 1) {
      return layer.input();
    }
    if (layer.inputs().isEmpty()) {
      throw Refusal.config(layer.path(), "called without tensors");
    }
    int rank = layer.graph().shape(layer.inputs().get(0)).rank();
    int positive = layer.options().axis(axis, rank, "axis");
    return layer.add(new Op.Concat(positive), layer.inputs());
  }

  /** Products over one axis of each; of vectors, or of matrices. */
  private static String dot(LayerContext layer, boolean normalize) {
    if (layer.inputs().size() != 2) {
      throw Refusal.config(layer.path(), "needs two inputs");
    }
    String a = layer.inputs().get(0);
    String b = layer.inputs().get(1);
    int rankA = layer.graph().shape(a).rank();
    int rankB = layer.graph().shape(b).rank();
    List<Integer> axes = layer.options().integers("axes");
    int axisA = layer.options().axis(axes.get(0), rankA, "axes");
    int axisB = layer.options().axis(axes.get(axes.size() - 1), rankB, "axes");
    if (normalize) {
      a = unitLength(layer, a, axisA);
      b = unitLength(layer, b, axisB);
    }
    if (rankA == 2 && rankB == 2) {
      String product = layer.add(new Op.Binary(BinaryKind.MULTIPLY), a, b);
      return layer.add(new Op.Reduce(ReduceKind.SUM, List.of(1), true), product);
    }
    Shape left = layer.graph().shape(a);
    Shape right = layer.graph().shape(b);
    if (rankA > 3 || rankB > 3) {
      throw Refusal.option(layer.path(), "the product of " + left + " and " + right);
    }
    String matrixA = rankA == 3 ? a : layer.reshape(a, 1, left.dim(1));
    String matrixB = rankB == 3 ? b : layer.reshape(b, right.dim(1), 1);
    boolean transposeA = rankA == 3 && axisA == 1;
    boolean transposeB = rankB == 3 && axisB == 2;
    String y = layer.add(new Op.MatMul(transposeA, transposeB), matrixA, matrixB);
    if (rankA == 3 && rankB == 3) {
      return y;
    }
    return layer.reshape(y, Math.toIntExact(layer.graph().shape(y).size()));
  }

  private static String unitLength(LayerContext layer, String x, int axis) {
    String square = layer.add(new Op.Unary(Op.UnaryKind.SQUARE), x);
    String sum = layer.add(new Op.Reduce(ReduceKind.SUM, List.of(axis), true), square);
    String least = layer.constant("epsilon", 1e-12f);
    String safe = layer.add(new Op.Binary(BinaryKind.MAXIMUM), sum, least);
    String factor = layer.add(new Op.Unary(Op.UnaryKind.RSQRT), safe);
    return layer.add(new Op.Binary(BinaryKind.MULTIPLY), x, factor);
  }

  /** Keras 1's Merge, which is one of the layers of Keras 2 by its mode. */
  private static LayerType merge() {
    return LayerType.of("Merge", MergeLayers::keras1)
        .axes(Axes.NUMBERED)
        .only("output_shape_type", "raw")
        .only("output_mask_type", "raw")
        .only("mode_type", "raw")
        .harmless("dot_axes", "concat_axis", "arguments")
        .writing(
            (read, dialect) ->
                switch (read.text("mode", "sum")) {
                  case "mul" -> LayerType.Written.of("Multiply");
                  case "max" -> LayerType.Written.of("Maximum");
                  case "ave" -> LayerType.Written.of("Average");
                  case "concat" ->
                      new LayerType.Written(
                          "Concatenate",
                          Equivalent.config().put("axis", read.integer("concat_axis", -1)));
                  default -> LayerType.Written.of("Add");
                });
  }

  /** The mode of Keras 1's Merge, as the layer of Keras 2. */
  private static String keras1(LayerContext layer) {
    String mode = layer.options().text("mode", "sum");
    return switch (mode) {
      case "sum" -> fold(layer, BinaryKind.ADD);
      case "mul" -> fold(layer, BinaryKind.MULTIPLY);
      case "max" -> fold(layer, BinaryKind.MAXIMUM);
      case "ave" -> average(layer);
      case "concat" -> concatenate(layer, layer.options().integer("concat_axis", -1));
      default -> throw Refusal.option(layer.path(), "the mode " + Reason.abbreviated(mode));
    };
  }
}
