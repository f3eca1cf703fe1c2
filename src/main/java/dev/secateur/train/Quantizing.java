package dev.secateur.train;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Grid;
import java.util.Map;

/** How a network will be quantized, so that it can learn for it. */
@FunctionalInterface
public interface Quantizing {
  /** Not at all. */
  Quantizing NONE = network -> Map.of();

  /**
   * The scales of the network's values as they are now.
   *
   * @param network whose names are the same each time that it is asked
   * @return by name of an input or node of {@code network}
   */
  Map<String, Scale> scales(Graph network);

  /**
   * The largest level of each kernel that will stand on a {@link Grid}. Where there are none, all
   * kernels have eight bits, and a step that follows from their largest entries.
   *
   * @return by name of a weight of {@code network}
   */
  default Map<String, Integer> levels(Graph network) {
    return Map.of();
  }

  /** The network as it is now, with those kernels on their grids: a start for what is to learn. */
  default Rounded rounded(Graph network) {
    return new Rounded(network, Map.of());
  }

  /**
   * @param grids by name of a weight
   */
  record Rounded(Graph network, Map<String, Grid> grids) {
    public Rounded {
      grids = Map.copyOf(grids);
    }
  }

  /** {@code real = (q − zeroPoint)·scale}, q from −128 to 127. */
  record Scale(float scale, int zeroPoint) {}
}
