package dev.secateur.train;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Node;
import dev.secateur.graph.Op;
import java.util.List;

/** A network whose batch normalisations keep their statistics in training. */
final class FrozenStatistics {
  private FrozenStatistics() {}

  static Graph of(Graph network) {
    List<Node> nodes = network.nodes().stream().map(FrozenStatistics::frozen).toList();
    return new Graph(
        network.name(),
        network.inputs(),
        nodes,
        network.outputs(),
        network.weights(),
        network.layers());
  }

  private static Node frozen(Node node) {
    return node.op() instanceof Op.BatchNormalization b
        ? new Node(
            node.name(),
            new Op.BatchNormalization(b.epsilon(), b.momentum(), true),
            node.inputs(),
            node.layer())
        : node;
  }
}
