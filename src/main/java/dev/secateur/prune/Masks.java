package dev.secateur.prune;

/** The magnitude mask of one tensor, as TensorFlow Model Optimization computes it. */
public final class Masks {
  /** Bits: three digits are a float without its sign. */
  private static final int DIGIT = 11;

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

  /**
   * The {@code kept}-th largest magnitude. As bits, magnitudes have the order of their values, and
   * what is no number is the largest: three digits of them are counted, the highest first.
   */
  static float threshold(float[] weights, int kept) {
    int found = 0;
    int left = kept;
    for (int shift = 2 * DIGIT; shift >= 0; shift -= DIGIT) {
      int[] counts = new int[1 << DIGIT];
      for (float weight : weights) {
        int digits = Float.floatToIntBits(Math.abs(weight)) >>> shift;
        if (digits >>> DIGIT == found) {
          counts[digits & (1 << DIGIT) - 1]++;
        }
      }
      int digit = counts.length - 1;
      while (counts[digit] < left) {
        left -= counts[digit--];
      }
      found = found << DIGIT | digit;
    }
    return Float.intBitsToFloat(found);
  }
}
