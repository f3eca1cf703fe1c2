package dev.secateur.train;

import dev.secateur.graph.Graph;
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

  /** {@code real = (q − zeroPoint)·scale}, q from −128 to 127. */
  record Scale(float scale, int zeroPoint) {}
}
