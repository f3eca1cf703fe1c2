package dev.secateur.prune;

import dev.secateur.graph.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * A kernel, output channels last, whose entries are each the nearest multiple of a step: that of
 * twelve steps which leaves the least squared error.
 *
 * @param steps one a channel, or one
 */
record NearestLevels(Tensor value, List<Float> steps) {
  private static final int STEPS = 12;
  private static final double SMALLEST_STEP = 0.45;

  static NearestLevels of(Tensor kernel, int most, boolean shared) {
    float[] from = kernel.values();
    int channels = shared ? 1 : kernel.shape().last();
    float[] to = new float[from.length];
    List<Float> steps = new ArrayList<>();
    for (int c = 0; c < channels; c++) {
      double largest = 0;
      for (int i = c; i < from.length; i += channels) {
        largest = Math.max(largest, Math.abs(from[i]));
      }
      float step = step(from, c, channels, Math.max(largest, 5e-7) / most, most);
      for (int i = c; i < from.length; i += channels) {
        to[i] = (float) (level(from[i], step, most) * (double) step);
      }
      steps.add(step);
    }
    return new NearestLevels(new Tensor(kernel.shape(), to), steps);
  }

  private static float step(float[] from, int channel, int channels, double full, int most) {
    float best = (float) full;
    double least = Double.POSITIVE_INFINITY;
    for (int t = 0; t < STEPS; t++) {
      float step = (float) (full * (SMALLEST_STEP + (1 - SMALLEST_STEP) * t / (STEPS - 1)));
      double error = 0;
      for (int i = channel; i < from.length; i += channels) {
        double difference = from[i] - level(from[i], step, most) * (double) step;
        error += difference * difference;
      }
      if (error < least) {
        least = error;
        best = step;
      }
    }
    return best;
  }

  private static long level(float value, double step, int most) {
    return Math.max(-most, Math.min(most, Math.round(value / step)));
  }
}
