package dev.secateur.evaluate;

import dev.secateur.evaluate.Fault.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Whether an output is finite, and whether it differs from sample to sample at all. */
final class OutputSpread {
  /** Differences below this part of the largest value are rounding. */
  private static final double ROUNDING = 1e-6;

  private float[] first = {};
  private double largest;
  private double difference;
  private boolean finite = true;
  private int samples;

  void add(float[] output, int count) {
    int size = output.length / count;
    if (samples == 0) {
      first = Arrays.copyOf(output, size);
    }
    for (int i = 0; i < output.length; i++) {
      finite &= Float.isFinite(output[i]);
      largest = Math.max(largest, Math.abs(output[i]));
      difference = Math.max(difference, Math.abs(output[i] - first[i % size]));
    }
    samples += count;
  }

  List<Fault> faults() {
    List<Fault> faults = new ArrayList<>();
    if (!finite) {
      faults.add(new Fault(Kind.NOT_FINITE, "gives values that are not finite (NaN or infinity)"));
    } else if (samples > 1 && difference <= ROUNDING * largest) {
      faults.add(new Fault(Kind.CONSTANT, "gives the same output for all " + samples + " samples"));
    }
    return faults;
  }
}
