package dev.secateur.graph;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Builds a {@link Graph} node by node, inferring shapes on the way and keeping names unique. */
public final class GraphBuilder {
  private final String name;
  private final List<Graph.Input> inputs = new ArrayList<>();
  private final List<Node> nodes = new ArrayList<>();
  private final List<Graph.Output> outputs = new ArrayList<>();
  private final Map<String, Weight> weights = new LinkedHashMap<>();
  private final List<Graph.Layer> layers = new ArrayList<>();
  private final Map<String, Shape> shapes = new HashMap<>();
  private final Map<String, Node> byName = new HashMap<>();

  public GraphBuilder(String name) {
    this.name = name;
  }

  /** Adds an input; returns its name. */
  public String input(String input, Shape shape) {
    shapes.put(unique(input), shape);
    inputs.add(new Graph.Input(input, shape));
    return input;
  }

  /** Adds a weight; returns its name. */
  public String weight(Weight weight) {
    shapes.put(unique(weight.name()), weight.shape());
    weights.put(weight.name(), weight);
    return weight.name();
  }

  public GraphBuilder layer(String layer, String type) {
    layers.add(new Graph.Layer(layer, type));
    return this;
  }

  /** Adds a node, named after its layer and made unique; returns its name. */
  public String add(String layer, Op op, String... operands) {
    return add(layer, op, List.of(operands));
  }

  /** Adds a node, named after its layer and made unique; returns its name. */
  public String add(String layer, Op op, List<String> operands) {
    String node = layer;
    for (int i = 1; shapes.containsKey(node); i++) {
      node = layer + "#" + i;
    }
    List<Shape> in = operands.stream().map(this::shape).toList();
    try {
      shapes.put(node, op.infer(in));
    } catch (GraphException e) {
      throw new GraphException("layer " + layer + ": " + e.getMessage());
    }
    byName.put(node, new Node(node, op, operands, layer));
    nodes.add(byName.get(node));
    return node;
  }

  public GraphBuilder output(String output, String value) {
    outputs.add(new Graph.Output(output, value));
    return this;
  }

  /** Whether an input, weight or node has this name. */
  public boolean has(String value) {
    return shapes.containsKey(value);
  }

  /** Shape of an input, weight or node added before. */
  public Shape shape(String value) {
    Shape shape = shapes.get(value);
    if (shape == null) {
      throw new GraphException("no value named " + value);
    }
    return shape;
  }

  /** The node of this name, if it is one. */
  public Optional<Node> node(String value) {
    return Optional.ofNullable(byName.get(value));
  }

  /** The weight of this name, if it is one. */
  public Optional<Weight> weightOf(String value) {
    return Optional.ofNullable(weights.get(value));
  }

  /** The network; constants that nothing reads are left out. */
  public Graph build() {
    Set<String> read = new HashSet<>();
    nodes.forEach(n -> read.addAll(n.inputs()));
    outputs.forEach(o -> read.add(o.value()));
    Map<String, Weight> kept = new LinkedHashMap<>(weights);
    kept.values().removeIf(w -> w.role() == Weight.Role.CONSTANT && !read.contains(w.name()));
    return new Graph(name, inputs, nodes, outputs, kept, layers);
  }

  private String unique(String candidate) {
    if (shapes.containsKey(candidate)) {
      throw new GraphException(candidate + " is used twice");
    }
    return candidate;
  }
}
