package dev.secateur.graph;

import java.util.List;

/**
 * One operation with one output; the output's name is the node's.
 *
 * @param inputs names of graph inputs, earlier nodes or weights, in the order the op defines
 * @param layer the Keras layer that it comes from
 */
public record Node(String name, Op op, List<String> inputs, String layer) {
  public Node {
    inputs = List.copyOf(inputs);
  }

  public String input(int index) {
    return inputs.get(index);
  }
}
