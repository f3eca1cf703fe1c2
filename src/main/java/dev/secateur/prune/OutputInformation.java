package dev.secateur.prune;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Tensor;
import java.util.List;
import java.util.Map;

/**
 * How much a small change of a node's values changes what a network says: the Fisher information of
 * its outputs, a number a channel, summed over a sample's positions.
 */
@FunctionalInterface
public interface OutputInformation {
  /**
   * @param nodes of {@code network}
   * @param batches the network's inputs: one list a batch, one tensor an input
   * @return by node, for each channel the mean over samples
   */
  Map<String, double[]> of(Graph network, List<String> nodes, List<List<Tensor>> batches);
}
