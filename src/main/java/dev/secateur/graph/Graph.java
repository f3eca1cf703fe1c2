package dev.secateur.graph;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A network. Nodes are in topological order and every operand resolves; the constructor checks it.
 *
 * @param layers the Keras layers in the file's order, also those that left no node behind
 */
public record Graph(
    String name,
    List<Input> inputs,
    List<Node> nodes,
    List<Output> outputs,
    Map<String, Weight> weights,
    List<Layer> layers) {

  /** A graph input under its Keras name; shape with the batch unknown. */
  public record Input(String name, Shape shape) {}

  /** A graph output under its Keras name; {@code value} is the node or input that makes it. */
  public record Output(String name, String value) {}

  /** A Keras layer: its name (path with '/' for nested models) and class. */
  public record Layer(String name, String type) {}

  public Graph {
    inputs = List.copyOf(inputs);
    nodes = List.copyOf(nodes);
    outputs = List.copyOf(outputs);
    weights = Collections.unmodifiableMap(new LinkedHashMap<>(weights));
    layers = List.copyOf(layers);
    Map<String, String> seen = new HashMap<>();
    inputs.forEach(i -> claim(seen, i.name(), "input"));
    weights.keySet().forEach(w -> claim(seen, w, "weight"));
    for (Node node : nodes) {
      for (String operand : node.inputs()) {
        if (!seen.containsKey(operand)) {
          throw new GraphException(node.name() + ": operand " + operand + " is not defined before");
        }
      }
      claim(seen, node.name(), "node");
    }
    for (Output output : outputs) {
      if (!seen.containsKey(output.value())) {
        throw new GraphException("output " + output.name() + ": no value " + output.value());
      }
    }
  }

  private static void claim(Map<String, String> seen, String name, String kind) {
    String before = seen.put(name, kind);
    if (before != null) {
      throw new GraphException(name + " names a " + before + " and a " + kind);
    }
  }

  public Optional<Weight> weight(String name) {
    return Optional.ofNullable(weights.get(name));
  }

  /** Shape of every input, weight and node. */
  public Map<String, Shape> shapes() {
    Map<String, Shape> shapes = new HashMap<>();
    inputs.forEach(i -> shapes.put(i.name(), i.shape()));
    weights.forEach((n, w) -> shapes.put(n, w.shape()));
    for (Node node : nodes) {
      List<Shape> operands = node.inputs().stream().map(shapes::get).toList();
      try {
        shapes.put(node.name(), node.op().infer(operands));
      } catch (RuntimeException e) {
        throw new GraphException(node.layer() + ": " + e.getMessage());
      }
    }
    return shapes;
  }

  /** Nodes that read a value or weight, by its name. */
  public Map<String, List<Node>> consumers() {
    Map<String, List<Node>> consumers = new HashMap<>();
    for (Node node : nodes) {
      for (String operand : node.inputs()) {
        consumers.computeIfAbsent(operand, k -> new ArrayList<>()).add(node);
      }
    }
    return consumers;
  }

  /**
   * The weights that magnitude pruning sparsifies: kernels of convolutions, transposed convolutions
   * and dense layers; never a depthwise kernel (TensorFlow Model Optimization's registry).
   */
  public List<Weight> prunable() {
    List<String> names = new ArrayList<>();
    for (Node node : nodes) {
      Optional<String> kernel = node.op().prunableOperand().map(node::input);
      kernel.filter(weights::containsKey).filter(k -> !names.contains(k)).ifPresent(names::add);
    }
    return names.stream().map(weights::get).filter(w -> w.role() == Weight.Role.KERNEL).toList();
  }

  /** This network with some weights replaced; sizes must be equal, own shapes are kept. */
  public Graph withWeights(Map<String, Tensor> values) {
    Map<String, Weight> changed = new LinkedHashMap<>(weights);
    values.forEach(
        (n, value) -> {
          Weight old = changed.get(n);
          if (old == null || old.shape().size() != value.shape().size()) {
            throw new GraphException("weight " + n + ": cannot take a value of " + value.shape());
          }
          changed.put(n, old.withValue(value.reshape(old.shape())));
        });
    return new Graph(name, inputs, nodes, outputs, changed, layers);
  }

  public long parameters() {
    return weights.values().stream()
        .filter(w -> w.role() != Weight.Role.CONSTANT)
        .mapToLong(w -> w.shape().size())
        .sum();
  }
}
