package dev.secateur.graph;

import java.util.List;

/**
 * An output with its last function taken off, so that losses see logits: the cross-entropy of
 * logits is exact where that of probabilities would have to clip.
 *
 * @param value the node that the output's function is applied to
 */
public record Head(String name, String value, Link link, Shape shape) {
  /** The function that was taken off. */
  public enum Link {
    SOFTMAX,
    SIGMOID,
    IDENTITY
  }

  public static Head of(Graph network, Graph.Output output) {
    Shape shape = network.shapes().get(output.value());
    for (Node node : network.nodes()) {
      if (node.name().equals(output.value()) && node.op() instanceof Op.Activate activate) {
        if (activate.function().equals(new Activation.Softmax(shape.rank() - 1))) {
          return new Head(output.name(), node.input(0), Link.SOFTMAX, shape);
        }
        if (activate.function() == Activation.Simple.SIGMOID) {
          return new Head(output.name(), node.input(0), Link.SIGMOID, shape);
        }
      }
    }
    return new Head(output.name(), output.value(), Link.IDENTITY, shape);
  }

  /** All heads of a network, in the order of its outputs. */
  public static List<Head> of(Graph network) {
    return network.outputs().stream().map(o -> of(network, o)).toList();
  }

  /** Whether there is one row of values a sample, not one for each position of an image. */
  public boolean vector() {
    return shape.size() == shape.last();
  }

  /** Values a sample, if the output is a vector (ones aside); else 0. */
  public int units() {
    return shape.size() == shape.last() ? shape.last() : 0;
  }
}
