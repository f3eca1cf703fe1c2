package dev.secateur.graph.pass;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Node;
import dev.secateur.graph.Weight;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Drops nodes and weights that no output depends on. Inputs stay: they are the signature. */
final class RemoveDead implements Pass {
  @Override
  public Graph apply(Graph graph) {
    Map<String, Node> producers = new LinkedHashMap<>();
    graph.nodes().forEach(n -> producers.put(n.name(), n));
    ArrayDeque<String> open = new ArrayDeque<>();
    graph.outputs().forEach(o -> open.add(o.value()));
    Set<String> alive = new HashSet<>();
    while (!open.isEmpty()) {
      String name = open.pop();
      if (alive.add(name) && producers.containsKey(name)) {
        open.addAll(producers.get(name).inputs());
      }
    }
    List<Node> nodes = graph.nodes().stream().filter(n -> alive.contains(n.name())).toList();
    Map<String, Weight> weights = new LinkedHashMap<>(graph.weights());
    weights.keySet().retainAll(alive);
    return new Graph(graph.name(), graph.inputs(), nodes, graph.outputs(), weights, graph.layers());
  }
}
