package dev.secateur.keras.architecture;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Node;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import dev.secateur.keras.layer.Dialect;
import dev.secateur.keras.spec.LayerSpec;
import dev.secateur.keras.spec.ModelSpec;
import dev.secateur.keras.spec.Numbers;
import dev.secateur.keras.weights.StoredOrder;
import dev.secateur.keras.weights.WeightSlot;
import dev.secateur.keras.weights.WeightSlots;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A model whose channels come first as the same model with its channels last: its images, from the
 * inputs on, are (N,H,W,C) where they were (N,C,H,W). Axes that layers number are numbered anew,
 * {@code data_format} says {@code channels_last}, and where a layer takes the axes in the order
 * that the file means, a Permute stands before it. What is computed is the same, number by number.
 *
 * @param model rewritten; its layers have the names, and so the weights, that they had
 * @param inputs of the model that are images now with channels last, by index
 * @param outputs likewise
 * @param stored weights whose axes stand in the file in another order
 */
public record ChannelsLast(
    ModelSpec model, Set<Integer> inputs, Set<Integer> outputs, List<Stored> stored) {
  public ChannelsLast {
    inputs = Set.copyOf(inputs);
    outputs = Set.copyOf(outputs);
    stored = List.copyOf(stored);
  }

  /** Weights of a layer whose axes stand in the file in another order. */
  sealed interface Stored {
    String layer();

    /** The order of one of its weights; {@code flattened} has the shapes that were flattened. */
    Optional<StoredOrder> of(WeightSlot slot, Map<String, Shape> flattened);
  }

  /**
   * Weights of so many axes.
   *
   * @param axes of the file, in the order of the weight's
   */
  record Permuted(String layer, List<Integer> axes) implements Stored {
    @Override
    public Optional<StoredOrder> of(WeightSlot slot, Map<String, Shape> flattened) {
      boolean own = slot.within().isEmpty() && slot.shape().rank() == axes.size();
      return own ? Optional.of(StoredOrder.of(slot.shape(), axes)) : Optional.empty();
    }
  }

  /**
   * Weights with a row for each number of a flattened image, which the file has as (C,H,W).
   *
   * @param by the layer that flattens it
   */
  record Flattened(String layer, String by) implements Stored {
    @Override
    public Optional<StoredOrder> of(WeightSlot slot, Map<String, Shape> flattened) {
      Shape image = flattened.get(by);
      Shape weight = slot.shape();
      if (slot.ownName().equals("bias") || image == null || weight.dim(0) != image.size()) {
        return Optional.empty();
      }
      AxisOrder order = new AxisOrder(image.rank());
      List<Integer> split = new ArrayList<>();
      List<Integer> axes = new ArrayList<>();
      for (int axis = 1; axis < image.rank(); axis++) {
        split.add(image.dim(order.moved(axis)));
        axes.add(order.given(axis) - 1);
      }
      for (int axis = 1; axis < weight.rank(); axis++) {
        axes.add(split.size());
        split.add(weight.dim(axis));
      }
      return Optional.of(new StoredOrder(weight, new Shape(split), axes));
    }
  }

  /** The model as it is where no layer has its channels first. */
  public static ChannelsLast of(ModelSpec model, Dialect dialect) {
    return isFirst(model)
        ? ChannelsFirstModel.rewritten(model, dialect)
        : new ChannelsLast(model, Set.of(), Set.of(), List.of());
  }

  private static boolean isFirst(ModelSpec model) {
    return model.layers().stream()
        .anyMatch(
            layer ->
                layer.model().map(ChannelsLast::isFirst).orElse(false)
                    || isFirst(layer.config())
                    || isFirst(layer.config().path("layer").path("config")));
  }

  static boolean isFirst(JsonNode config) {
    return config.path("data_format").asText().equals("channels_first");
  }

  /** Tells the weights in which order the file has them, once the network's shapes are known. */
  public void tell(WeightSlots weights, Graph network) {
    if (stored.isEmpty()) {
      return;
    }
    Map<String, Shape> shapes = network.shapes();
    Map<String, Shape> flattened = new HashMap<>();
    for (Node node : network.nodes()) {
      if (node.op() instanceof Op.Reshape) {
        flattened.putIfAbsent(node.layer(), shapes.get(node.input(0)));
      }
    }
    stored.forEach(s -> weights.stored(s.layer(), slot -> s.of(slot, flattened)));
  }

  /**
   * The shape of a sample, given for an input that leaves its size open, with channels last. It is
   * the model's own, or that of images, which have their channels last whatever the model takes.
   *
   * @param given with the batch
   */
  public Shape shape(Shape given) {
    if (!inputs.contains(0) || given.rank() < 3) {
      return given;
    }
    LayerSpec input =
        model.layers().stream()
            .filter(l -> l.name().equals(model.inputs().get(0).layer()))
            .findFirst()
            .orElseThrow();
    Shape moved = AxisOrder.channelsLast(given);
    JsonNode stated = Numbers.unwrapped(input.config().path("batch_input_shape"));
    return fits(given, stated) && !fits(moved, stated) ? given : moved;
  }

  private static boolean fits(Shape shape, JsonNode stated) {
    boolean fits = stated.size() == shape.rank();
    for (int i = 1; fits && i < stated.size(); i++) {
      fits = stated.get(i).isNull() || stated.get(i).asInt() == shape.dim(i);
    }
    return fits;
  }

  /** An input's configuration with channels last. */
  static ObjectNode input(ObjectNode given) {
    ObjectNode config = given.deepCopy();
    JsonNode stated = Numbers.unwrapped(config.path("batch_input_shape"));
    if (stated.size() >= 3) {
      List<JsonNode> dims = new ArrayList<>();
      stated.forEach(dims::add);
      ArrayNode moved = config.putArray("batch_input_shape");
      AxisOrder.channelsLast(dims).forEach(moved::add);
    }
    return config;
  }
}
