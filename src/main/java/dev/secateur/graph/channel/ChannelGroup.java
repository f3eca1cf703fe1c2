package dev.secateur.graph.channel;

import java.util.List;

/**
 * Channels that any number can be kept of: each of its units goes as a whole, and all units have
 * the same share in the same weights.
 *
 * @param units numbers of {@link Channels}' units, in the order of their channels
 * @param layers that make these channels, in the network's order
 * @param channels that go together with a unit, in the layer that makes the fewest a unit
 */
public record ChannelGroup(List<Integer> units, List<String> layers, int channels) {
  public ChannelGroup {
    units = List.copyOf(units);
    layers = List.copyOf(layers);
  }

  /** How many units there are. */
  public int size() {
    return units.size();
  }
}
