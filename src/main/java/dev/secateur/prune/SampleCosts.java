package dev.secateur.prune;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Macs;

/**
 * What a network takes for one sample.
 *
 * @param macs multiplications and additions
 * @param weights numbers that it holds
 * @param memory the most values that are held at once
 */
public record SampleCosts(long macs, long weights, long memory) {
  public static SampleCosts of(Graph network) {
    return new SampleCosts(
        Macs.total(network), network.parameters(), Activations.mostFloats(network));
  }
}
