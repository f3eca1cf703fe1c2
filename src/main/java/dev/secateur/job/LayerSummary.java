package dev.secateur.job;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Node;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Weight;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A Keras layer with the weights that its nodes read.
 *
 * @param output shape of its last node's value; empty for layers that left none
 * @param weights Keras' weights, without constants of the configuration
 * @param prunable the kernel that pruning sparsifies
 */
public record LayerSummary(
    String name,
    String type,
    Optional<Shape> output,
    List<Weight> weights,
    Optional<Weight> prunable) {
  public LayerSummary {
    weights = List.copyOf(weights);
  }

  public long parameters() {
    return weights.stream().mapToLong(w -> w.shape().size()).sum();
  }

  /** In the file's order. */
  public static List<LayerSummary> of(Graph graph) {
    Map<String, List<Weight>> weights = new LinkedHashMap<>();
    Map<String, Shape> outputs = new LinkedHashMap<>();
    Map<String, String> types = new LinkedHashMap<>();
    for (Graph.Layer layer : graph.layers()) {
      weights.put(layer.name(), new ArrayList<>());
      types.put(layer.name(), layer.type());
    }
    Map<String, Shape> shapes = graph.shapes();
    for (Node node : graph.nodes()) {
      List<Weight> own = weights.computeIfAbsent(node.layer(), l -> new ArrayList<>());
      outputs.put(node.layer(), shapes.get(node.name()));
      for (String operand : node.inputs()) {
        graph
            .weight(operand)
            .filter(w -> w.role() != Weight.Role.CONSTANT && !own.contains(w))
            .ifPresent(own::add);
      }
    }
    List<Weight> prunable = graph.prunable();
    List<LayerSummary> layers = new ArrayList<>();
    weights.forEach(
        (name, own) ->
            layers.add(
                new LayerSummary(
                    name,
                    types.getOrDefault(name, ""),
                    Optional.ofNullable(outputs.get(name)),
                    own,
                    own.stream().filter(prunable::contains).findFirst())));
    return layers;
  }
}
