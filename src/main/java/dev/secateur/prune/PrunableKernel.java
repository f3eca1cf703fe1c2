package dev.secateur.prune;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Node;
import dev.secateur.graph.Weight;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** A kernel that may lose entries. */
sealed interface PrunableKernel permits PrunableLayer, PrunableKernel.ByMagnitude {
  /** The first node that reads it. */
  int index();

  /** The weight's name. */
  String kernel();

  /**
   * A kernel that no one matrix describes, or too large a one, so that its smallest entries go: of
   * transposed and grouped convolutions, of layers that are called more than once, of very wide
   * layers.
   */
  record ByMagnitude(int index, String kernel) implements PrunableKernel {}

  /** All of a network's, by the node that reads them first. */
  static List<PrunableKernel> of(Graph graph) {
    List<PrunableKernel> all = new ArrayList<>(PrunableLayer.of(graph));
    Set<String> matrices = all.stream().map(PrunableKernel::kernel).collect(Collectors.toSet());
    Set<String> others = new HashSet<>();
    for (Weight weight : graph.prunable()) {
      if (!matrices.contains(weight.name())) {
        others.add(weight.name());
      }
    }
    for (int i = 0; i < graph.nodes().size(); i++) {
      Node node = graph.nodes().get(i);
      for (String operand : node.inputs()) {
        if (others.remove(operand)) {
          all.add(new ByMagnitude(i, operand));
        }
      }
    }
    all.sort(Comparator.comparingInt(PrunableKernel::index));
    return List.copyOf(all);
  }
}
