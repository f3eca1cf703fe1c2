package dev.secateur.graph.pass;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Node;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Where the values of a network as it runs at inference are in the network that it was made of. A
 * convolution into which a batch normalisation is folded gives, under its own name, what the
 * normalisation gave.
 */
public final class FoldedValues {
  private FoldedValues() {}

  /**
   * @return by the name of an input or node at inference, the name of what has the same value in
   *     {@code original}; what has none is left out
   */
  public static Map<String, String> of(Graph original) {
    Set<String> nodes = new HashSet<>();
    original.nodes().forEach(n -> nodes.add(n.name()));
    Map<String, String> found = new HashMap<>();
    original.inputs().forEach(i -> found.put(i.name(), i.name()));
    for (Node node : Passes.forInference(original).nodes()) {
      String name = node.name();
      for (String input : node.inputs()) {
        // What was folded last has given the layer its bias.
        if (FoldScaleIntoKernel.isBias(input) && !original.weights().containsKey(input)) {
          name = FoldScaleIntoKernel.folded(input);
        }
      }
      if (nodes.contains(name)) {
        found.put(node.name(), name);
      }
    }
    return found;
  }
}
