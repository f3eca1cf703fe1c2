package dev.secateur.keras.checkpoint;

/** IEEE 754 binary16. */
final class Half {
  private static final int EXPONENT = 0x1f;
  private static final int FRACTION_BITS = 10;

  /** The least positive number, 2⁻²⁴. */
  private static final float LEAST = 0x1p-24f;

  private Half() {}

  static float toFloat(short half) {
    int exponent = half >> FRACTION_BITS & EXPONENT;
    int fraction = half & (1 << FRACTION_BITS) - 1;
    float magnitude;
    if (exponent == 0) {
      magnitude = fraction * LEAST;
    } else if (exponent == EXPONENT) {
      magnitude = fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
    } else {
      magnitude = Math.scalb(1 << FRACTION_BITS | fraction, exponent - 25);
    }
    return half < 0 ? -magnitude : magnitude;
  }
}
