package dev.secateur.keras.layer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.graph.GraphBuilder;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.Weight;
import dev.secateur.graph.Weight.Role;
import dev.secateur.keras.refusal.Refusal;
import dev.secateur.keras.spec.Options;
import dev.secateur.keras.weights.WeightSlot;
import dev.secateur.keras.weights.WeightSlots;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One call of one layer, being lowered: its options, its operands, and the graph that it adds to.
 *
 * @param path the layer's path, unique in the model
 * @param type class name
 * @param inputs values that it is called with
 * @param trainable whether the layer and all models around it are
 */
public record LayerContext(
    GraphBuilder graph,
    WeightSlots weights,
    Dialect dialect,
    String path,
    String type,
    Options options,
    List<String> inputs,
    boolean trainable) {

  String input() {
    if (inputs.size() != 1) {
      throw Refusal.config(path, "called with " + inputs.size() + " tensors instead of one");
    }
    return inputs.get(0);
  }

  Shape shape() {
    return graph.shape(input());
  }

  /** The input's shape, which must have this many dimensions with the batch. */
  Shape shape(int rank) {
    Shape shape = shape();
    if (shape.rank() != rank) {
      throw Refusal.config(path, "needs an input of " + rank + " dimensions, not " + shape);
    }
    return shape;
  }

  String add(Op op, String... operands) {
    return graph.add(path, op, operands);
  }

  String add(Op op, List<String> operands) {
    return graph.add(path, op, operands);
  }

  /** The same layer called with other values. */
  LayerContext on(String... values) {
    return new LayerContext(
        graph, weights, dialect, path, type, options, List.of(values), trainable);
  }

  /** Another layer's type and options in this one's place. */
  LayerContext as(String otherType, ObjectNode config, String... values) {
    return new LayerContext(
        graph,
        weights,
        dialect,
        path,
        otherType,
        new Options(path, config),
        List.of(values),
        trainable);
  }

  /** A weight of the layer, under the same shape in the graph. */
  String weight(String name, Role role, Shape shape) {
    return weight(name, role, shape, shape);
  }

  /**
   * A weight of the layer: declared at the layer's first call, in Keras' order.
   *
   * @param shape Keras' shape
   * @param inGraph the graph's shape, of equal size
   * @return its name in the graph
   */
  String weight(String name, Role role, Shape shape, Shape inGraph) {
    Optional<WeightSlot> before = weights.find(path, name);
    if (before.isPresent()) {
      if (!before.get().shape().equals(shape)) {
        throw Refusal.config(
            path, name + " would be " + shape + " here and " + before.get().shape() + " elsewhere");
      }
      return before.get().graphName();
    }
    String graphName = path + "/" + name;
    float[] values = weights.allocate(graphName, shape);
    boolean moving = role == Role.MOVING_MEAN || role == Role.MOVING_VARIANCE;
    weights.add(new WeightSlot(path, name, shape, graphName, !moving, false, values));
    Penalty penalty = penalty(name);
    Tensor value = new Tensor(inGraph, values);
    return graph.weight(
        new Weight(graphName, role, value, trainable && !moving, penalty.l1(), penalty.l2()));
  }

  /**
   * A weight that the graph does not compute with as it is.
   *
   * @return the array that its values will be in
   */
  float[] hiddenWeight(String name, Shape shape, boolean integral) {
    Optional<WeightSlot> before = weights.find(path, name);
    if (before.isPresent()) {
      return before.get().values();
    }
    float[] values = weights.allocate(path + "/" + name, shape);
    weights.add(new WeightSlot(path, name, shape, "", false, integral, values));
    return values;
  }

  /** A number from the configuration. */
  String constant(String name, Tensor value) {
    String unique = path + "/" + name;
    for (int i = 1; isTaken(unique); i++) {
      unique = path + "/" + name + "#" + i;
    }
    return graph.weight(Weight.constant(unique, value));
  }

  String constant(String name, float value) {
    return constant(name, Tensor.scalar(value));
  }

  private boolean isTaken(String name) {
    return graph.has(name);
  }

  /** Factors of a weight's regularizer. */
  public record Penalty(double l1, double l2) {}

  private Penalty penalty(String weight) {
    // Keras calls it depthwise_regularizer, without the kernel.
    String stem = weight.endsWith("wise_kernel") ? weight.replace("_kernel", "") : weight;
    return penalty(options, stem + "_regularizer");
  }

  public static Penalty penalty(Options options, String key) {
    Optional<JsonNode> regularizer = options.optional(key);
    return regularizer.map(LayerContext::penalty).orElse(new Penalty(0, 0));
  }

  /**
   * {@code {"class_name": "L2", "config": {"l2": …}}}, Keras 1's {@code {"name": …, "l1": …}}, or a
   * name alone with Keras' default of 0.01.
   */
  private static Penalty penalty(JsonNode node) {
    if (node.isTextual()) {
      String name = node.asText().toLowerCase(java.util.Locale.ROOT);
      return new Penalty(name.contains("l1") ? 0.01 : 0, name.contains("l2") ? 0.01 : 0);
    }
    JsonNode config = node.path("config").isObject() ? node.path("config") : node;
    return new Penalty(number(config.path("l1")), number(config.path("l2")));
  }

  private static double number(JsonNode node) {
    JsonNode value = node.isObject() ? node.path("config").path("value") : node;
    return value.asDouble(0);
  }

  /** Adds the layer's {@code activity_regularizer}, if it has one. */
  String regularized(String value) {
    Penalty penalty = penalty("activity");
    boolean none = penalty.l1() == 0 && penalty.l2() == 0;
    return none
        ? value
        : add(new Op.ActivityRegularization((float) penalty.l1(), (float) penalty.l2()), value);
  }

  String reshape(String value, int... sample) {
    Shape shape = Shape.of(sample);
    Shape now = graph.shape(value);
    boolean same = now.dims().subList(1, now.rank()).equals(shape.dims());
    return same ? value : add(new Op.Reshape(shape), value);
  }

  /** The dimensions of a value without the batch. */
  List<Integer> sample(String value) {
    Shape shape = graph.shape(value);
    return new ArrayList<>(shape.dims().subList(1, shape.rank()));
  }
}
