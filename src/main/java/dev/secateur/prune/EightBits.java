package dev.secateur.prune;

import dev.secateur.graph.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Values as INT8 has them: 256 levels over the range that the samples take, with zero in it. */
final class EightBits {
  private static final int LEVELS = 255;

  private EightBits() {}

  /** The batches of one value, rounded to the levels of their common range. */
  static List<Tensor> rounded(List<Tensor> batches) {
    float min = 0;
    float max = 0;
    for (Tensor batch : batches) {
      for (float v : batch.values()) {
        if (Float.isFinite(v)) {
          min = Math.min(min, v);
          max = Math.max(max, v);
        }
      }
    }
    if (max - min < Float.MIN_NORMAL) {
      return batches;
    }
    float step = (max - min) / LEVELS;
    float zero = Math.round(-min / step);
    List<Tensor> rounded = new ArrayList<>();
    for (Tensor batch : batches) {
      float[] values = new float[batch.values().length];
      for (int i = 0; i < values.length; i++) {
        // Rounded by a cast, which is one instruction: the sum is never negative.
        float level = (int) (batch.values()[i] / step + zero + 0.5f);
        values[i] = (Math.max(0, Math.min(LEVELS, level)) - zero) * step;
      }
      rounded.add(new Tensor(batch.shape(), values));
    }
    return rounded;
  }
}
