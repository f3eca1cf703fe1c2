package dev.secateur.tflite;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What calibration learned.
 *
 * @param ranges of each tensor of the lowered float network, by name
 * @param samples the set that was fed
 * @param warnings what is doubtful about the set, in words for the user; empty when sound
 */
public record Calibration(Map<String, Range> ranges, Samples samples, List<String> warnings) {
  public Calibration {
    ranges = Map.copyOf(ranges);
    warnings = List.copyOf(warnings);
  }

  /** The same with other ranges of some tensors, such as those that a network was trained with. */
  public Calibration with(Map<String, Range> trained) {
    Map<String, Range> all = new HashMap<>(ranges);
    trained.forEach((name, range) -> all.computeIfPresent(name, (n, measured) -> range));
    return new Calibration(all, samples, warnings);
  }

  /**
   * The representative set as it was fed to the network.
   *
   * @param digest SHA-256 over the values as little-endian float32, lower-case hexadecimal
   * @param min smallest value, NaN skipped
   * @param max largest value, NaN skipped
   */
  public record Samples(String digest, int count, float min, float max) {}
}
