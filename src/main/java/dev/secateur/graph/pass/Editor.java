package dev.secateur.graph.pass;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Node;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.Weight;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The copy of a graph that a pass writes, node by node, in the order of the original. */
final class Editor {
  private final Graph graph;
  private final Map<String, Shape> shapes;
  private final Map<String, List<Node>> consumers;
  private final Map<String, String> replaced = new HashMap<>();
  private final Map<String, Node> written = new LinkedHashMap<>();
  private final Map<String, Weight> weights;

  Editor(Graph graph) {
    this.graph = graph;
    this.shapes = graph.shapes();
    this.consumers = graph.consumers();
    this.weights = new LinkedHashMap<>(graph.weights());
  }

  /** Writes a node; its operands may be original or new names. */
  void write(Node node) {
    List<String> operands = node.inputs().stream().map(this::current).toList();
    written.put(node.name(), new Node(node.name(), node.op(), operands, node.layer()));
    List<Shape> in = operands.stream().map(shapes::get).toList();
    shapes.put(node.name(), node.op().infer(in));
  }

  void write(Node like, Op op, List<String> operands) {
    write(new Node(like.name(), op, operands, like.layer()));
  }

  /** From here on {@code value} stands for the value {@code name}, which is not written. */
  void replace(String name, String value) {
    replaced.put(name, current(value));
  }

  /** Adds a constant under a name that is not taken yet; returns the name. */
  String constant(String wanted, Tensor value) {
    return add(wanted, Weight.constant(wanted, value));
  }

  /** Adds what a weight becomes, in the same role, under a name that is not taken yet. */
  String changed(String wanted, String weight, Tensor value) {
    return add(wanted, weights.get(current(weight)).withValue(value));
  }

  private String add(String wanted, Weight weight) {
    String name = wanted;
    for (int i = 1; shapes.containsKey(name); i++) {
      name = wanted + "#" + i;
    }
    weights.put(name, weight.named(name));
    shapes.put(name, weight.shape());
    return name;
  }

  String current(String name) {
    return replaced.getOrDefault(name, name);
  }

  Shape shape(String name) {
    return shapes.get(current(name));
  }

  /** The node as written that makes {@code name}; empty for inputs and weights. */
  Optional<Node> producer(String name) {
    return Optional.ofNullable(written.get(current(name)));
  }

  Optional<Tensor> constant(String name) {
    return Optional.ofNullable(weights.get(current(name))).map(Weight::value);
  }

  /** Whether {@code name} is read exactly once and is no output of the network. */
  boolean readOnce(String name) {
    return consumers.getOrDefault(name, List.of()).size() == 1 && !isOutput(name);
  }

  boolean isOutput(String name) {
    return graph.outputs().stream().anyMatch(o -> o.value().equals(name));
  }

  Graph build() {
    List<Graph.Output> outputs = new ArrayList<>();
    for (Graph.Output output : graph.outputs()) {
      outputs.add(new Graph.Output(output.name(), current(output.value())));
    }
    List<Node> nodes = List.copyOf(written.values());
    return new Graph(graph.name(), graph.inputs(), nodes, outputs, weights, graph.layers());
  }
}
