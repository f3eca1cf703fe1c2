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

  /** The mean ranges of calibrations of one network; the rest is the first one's. */
  public static Calibration mean(List<Calibration> all) {
    Map<String, Range> mean = new HashMap<>();
    for (String name : all.get(0).ranges().keySet()) {
      double min = 0;
      double max = 0;
      for (Calibration one : all) {
        min += one.ranges().get(name).min();
        max += one.ranges().get(name).max();
      }
      mean.put(name, new Range((float) (min / all.size()), (float) (max / all.size())));
    }
    return all.get(0).with(mean);
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
