package dev.secateur.prune;

import java.util.Arrays;

/** The magnitude mask of one tensor, as TensorFlow Model Optimization computes it. */
public final class Masks {
  private Masks() {}

  /**
   * Keeps the {@code k = max(roundHalfEven(size·(1 − sparsity)), 1)} largest magnitudes and all
   * that tie with the smallest of them.
   *
   * @param sparsity in [0, 1)
   * @return one where a weight is kept, zero where it is pruned
   */
  public static float[] of(float[] weights, float sparsity) {
    float threshold = threshold(weights, sparsity);
    float[] mask = new float[weights.length];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = Math.abs(weights[i]) >= threshold ? 1f : 0f;
    }
    return mask;
  }

  /** The smallest magnitude that is kept. */
  public static float threshold(float[] weights, float sparsity) {
    return threshold(weights, kept(weights.length, sparsity));
  }

  /** {@code k} of a tensor with {@code size} entries. */
  static int kept(int size, float sparsity) {
    return Math.max((int) Math.rint((float) size * (1f - sparsity)), 1);
  }

  /** The {@code kept}-th largest magnitude. */
  static float threshold(float[] weights, int kept) {
    float[] magnitudes = new float[weights.length];
    for (int i = 0; i < magnitudes.length; i++) {
      magnitudes[i] = Math.abs(weights[i]);
    }
    Arrays.sort(magnitudes);
    return magnitudes[magnitudes.length - kept];
  }
}
