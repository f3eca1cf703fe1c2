package dev.secateur.train;

import dev.secateur.graph.Activation;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Node;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;

/**
 * An output with its last function taken off, so that losses see logits: the cross-entropy of
 * logits is exact where that of probabilities would have to clip.
 *
 * @param value the node that the output's function is applied to
 */
record Head(String name, String value, Link link, Shape shape) {
  /** The function that was taken off. */
  enum Link {
    SOFTMAX,
    SIGMOID,
    IDENTITY
  }

  static Head of(Graph network, Graph.Output output) {
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

  /** Values a sample, if the output is a vector (ones aside); else 0. */
  int units() {
    return shape.size() == shape.last() ? shape.last() : 0;
  }
}
