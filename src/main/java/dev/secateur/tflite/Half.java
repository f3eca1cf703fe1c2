package dev.secateur.tflite;

/** IEEE 754 binary16 of a binary32 number, to nearest, ties to even. */
final class Half {
  /** The largest number. */
  static final float LARGEST = 65504;

  /** The least that has a leading one; smaller numbers are multiples of 2⁻²⁴. */
  private static final float LEAST_NORMAL = 0x1p-14f;

  private static final int FRACTION_BITS = 10;
  private static final int DROPPED_BITS = 13;

  /** What the exponents of the two are counted from, apart. */
  private static final int BIASES = 127 - 15;

  private Half() {}

  /**
   * @param value of a magnitude that rounds to {@link #LARGEST} or less
   */
  static short of(float value) {
    int sign = (Float.floatToIntBits(value) >>> 16) & 0x8000;
    float magnitude = Math.abs(value);
    if (magnitude < LEAST_NORMAL) {
      return (short) (sign | (int) Math.rint(magnitude * 0x1p24));
    }
    int bits = Float.floatToIntBits(magnitude) - (BIASES << (FRACTION_BITS + DROPPED_BITS));
    int odd = (bits >>> DROPPED_BITS) & 1;
    int half = 1 << (DROPPED_BITS - 1);
    return (short) (sign | ((bits + half - 1 + odd) >>> DROPPED_BITS));
  }
}
