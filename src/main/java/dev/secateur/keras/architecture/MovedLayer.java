package dev.secateur.keras.architecture;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.keras.layer.ActivationFunctions;
import dev.secateur.keras.layer.Axes;
import dev.secateur.keras.layer.LayerTypes;
import dev.secateur.keras.layer.Operations;
import dev.secateur.keras.spec.LayerSpec;
import dev.secateur.keras.spec.LayerSpec.Argument;
import dev.secateur.keras.spec.LayerSpec.Call;
import dev.secateur.keras.spec.LayerSpec.Constant;
import dev.secateur.keras.spec.LayerSpec.Items;
import dev.secateur.keras.spec.Numbers;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** One layer by itself, where the channels of what it is called with may have moved to the end. */
final class MovedLayer {
  private static final int IMAGE = 4;
  private static final int SEQUENCE = 3;

  private MovedLayer() {}

  /** What the layer, as it is configured, takes the axes of its operands for. */
  static Axes axes(LayerSpec layer) {
    ObjectNode config = layer.config();
    Axes axes = LayerTypes.axes(layer.type());
    return switch (layer.type()) {
      case "Merge" -> config.path("mode").asText("sum").equals("concat") ? axes : Axes.ALIKE;
      case "Rescaling" ->
          Stream.of("scale", "offset").allMatch(k -> isNumber(config.path(k)))
              ? axes
              : Axes.AS_GIVEN;
      // Weights or constants over several axes, and groups of something other than channels.
      case "Normalization" -> numbered(layer).size() > 1 ? Axes.AS_GIVEN : axes;
      case "GroupNormalization" -> numbered(layer).equals(List.of(1)) ? axes : Axes.AS_GIVEN;
      // Keras 2 does not say where its channels are; it drops some of them in training only.
      case "SpatialDropout2D" -> config.has("data_format") ? axes : Axes.ALIKE;
      case "Activation" -> ActivationFunctions.isElementwise(config) ? axes : Axes.AS_GIVEN;
      default -> axes;
    };
  }

  private static boolean isNumber(JsonNode node) {
    JsonNode value = Numbers.unwrapped(node);
    return value.isNumber() || value.isNull() || value.isMissingNode();
  }

  /** Dimensions, with the batch, of what a layer that obeys {@code data_format} is called with. */
  static int rank(LayerSpec layer) {
    return layer.type().endsWith("1D") ? SEQUENCE : IMAGE;
  }

  /** The same with channels last. */
  static ObjectNode channelsLast(LayerSpec layer) {
    ObjectNode config = layer.config().deepCopy();
    return config.put("data_format", "channels_last");
  }

  private static String argument(LayerSpec layer) {
    return switch (layer.type()) {
      case "PReLU" -> "shared_axes";
      case "Merge" -> "concat_axis";
      default -> "axis";
    };
  }

  /** The axes that the layer's argument numbers; without one, the last. */
  static List<Integer> numbered(LayerSpec layer) {
    JsonNode given = Numbers.unwrapped(layer.config().path(argument(layer)));
    List<Integer> axes = new ArrayList<>();
    if (given.isArray()) {
      given.forEach(axis -> axes.add(axis.asInt()));
    } else if (given.isNumber()) {
      axes.add(given.asInt());
    } else if (given.isMissingNode() && !layer.type().equals("PReLU")) {
      axes.add(-1);
    }
    return axes;
  }

  /**
   * The same with its axes numbered as they stand after the move; as it is where one of them is
   * none.
   */
  static ObjectNode numberedAnew(LayerSpec layer, AxisOrder order) {
    ObjectNode config = layer.config().deepCopy();
    List<Integer> axes = numbered(layer);
    if (axes.isEmpty() || !axes.stream().allMatch(order::contains)) {
      return config;
    }
    List<Integer> moved = axes.stream().map(order::moved).distinct().sorted().toList();
    if (moved.size() == 1 && !layer.type().equals("PReLU")) {
      return config.put(argument(layer), moved.get(0));
    }
    moved.forEach(config.putArray(argument(layer))::add);
    return config;
  }

  /** The axes of a weight of several, in the file, in the order that they have after the move. */
  static Optional<List<Integer>> stored(LayerSpec layer, AxisOrder order) {
    List<Integer> given =
        switch (layer.type()) {
          case "PReLU" -> Stream.iterate(1, axis -> axis + 1).limit(order.rank() - 1L).toList();
          case "LayerNormalization" ->
              numbered(layer).stream()
                  .map(axis -> axis < 0 ? axis + order.rank() : axis)
                  .distinct()
                  .sorted()
                  .toList();
          default -> List.of();
        };
    if (given.size() < 2 || !given.stream().allMatch(order::contains)) {
      return Optional.empty();
    }
    return Optional.of(
        given.stream().map(order::moved).sorted().map(order::given).map(given::indexOf).toList());
  }

  /** The order of a kernel's axes in the files of Keras 1, which follows that of the images. */
  static Optional<List<Integer>> ofKeras1(LayerSpec layer) {
    return switch (layer.type()) {
      case "Conv2D", "DepthwiseConv2D", "SeparableConv2D" -> Optional.of(List.of(2, 3, 1, 0));
      case "Conv2DTranspose" -> Optional.of(List.of(2, 3, 0, 1));
      default -> Optional.empty();
    };
  }

  /** A noise's shape, which has an axis for each of the operand's. */
  static ObjectNode withNoise(LayerSpec layer, AxisOrder order) {
    ObjectNode config = layer.config().deepCopy();
    JsonNode shape = Numbers.unwrapped(config.path("noise_shape"));
    if (shape.isArray() && shape.size() == order.rank()) {
      List<JsonNode> dims = new ArrayList<>();
      shape.forEach(dims::add);
      ArrayNode moved = config.putArray("noise_shape");
      AxisOrder.channelsLast(dims).forEach(moved::add);
    }
    return config;
  }

  /** Whether it treats each element by itself, or with those of other tensors at its place. */
  static boolean isElementwiseOperation(LayerSpec layer) {
    String name = layer.type().substring(LayerSpec.OPERATION.length());
    return Operations.isElementwise(name)
        && !layer.config().has("node_def") // whose constants may be arrays
        && layer.calls().stream().allMatch(MovedLayer::hasScalars);
  }

  private static boolean hasScalars(Call call) {
    return Stream.concat(call.arguments().stream(), call.named().values().stream())
        .allMatch(MovedLayer::isScalar);
  }

  private static boolean isScalar(Argument argument) {
    if (argument instanceof Items items) {
      return items.items().stream().allMatch(MovedLayer::isScalar);
    }
    return !(argument instanceof Constant constant) || !constant.value().isArray();
  }

  /** {@code dims} of a Permute. */
  static List<Integer> dims(LayerSpec permute) {
    List<Integer> dims = new ArrayList<>();
    Numbers.unwrapped(permute.config().path("dims")).forEach(d -> dims.add(d.asInt()));
    return dims;
  }

  static ObjectNode permute(List<Integer> dims) {
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    dims.forEach(config.putArray("dims")::add);
    return config;
  }

  static ObjectNode nothing() {
    return JsonNodeFactory.instance.objectNode().put("activation", "linear");
  }

  /** The shape that a Reshape gives a sample. */
  static List<Integer> target(LayerSpec reshape) {
    List<Integer> dims = new ArrayList<>();
    Numbers.unwrapped(reshape.config().path("target_shape")).forEach(d -> dims.add(d.asInt()));
    return dims;
  }

  /** A column of channels, (C,1,1), which is (1,1,C) with the same numbers in the same order. */
  static boolean isColumn(List<Integer> target) {
    return target.size() >= 2
        && target.get(0) != 1
        && Collections.frequency(target, 1) == target.size() - 1;
  }

  static ObjectNode reshape(LayerSpec layer, List<Integer> target) {
    ObjectNode config = layer.config().deepCopy();
    target.forEach(config.putArray("target_shape")::add);
    return config;
  }
}
