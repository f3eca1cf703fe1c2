package dev.secateur.tflite;

import java.util.Arrays;

/**
 * How integers stand for reals: {@code real = (q − zeroPoint)·scale}, one scale for the tensor or
 * one for each index of {@code axis}.
 */
record Affine(float[] scales, int zeroPoint, int axis) {
  /** Smallest half-width that a range is widened to (TFLite's rule for dead tensors). */
  private static final float DEAD = 5e-7f;

  /** Largest scale: products and quotients of two are still normal float32 numbers. */
  static final float LARGEST_SCALE = 1e16f;

  /** Larger activations saturate. */
  private static final float LARGEST = 127 * LARGEST_SCALE;

  static Affine of(float scale, int zeroPoint) {
    return new Affine(new float[] {scale}, zeroPoint, 0);
  }

  /** For int8 activations: the range, widened to include 0, over [−128, 127]. */
  static Affine activation(Range range) {
    float min = Math.max(-LARGEST, Math.min(0f, range.min()));
    float max = Math.min(LARGEST, Math.max(0f, range.max()));
    if (max - min <= 2 * DEAD) {
      min = -DEAD;
      max = DEAD;
    }
    float scale = (max - min) / 255f;
    int zeroPoint = round(-128 - (double) min / scale);
    return of(scale, Math.max(-128, Math.min(127, zeroPoint)));
  }

  /** The range, widened to lie about 0, over [−{@code most}, {@code most}]. */
  static Affine symmetric(Range range, int most) {
    float largest = Math.max(Math.abs(range.min()), Math.abs(range.max()));
    return of(Math.max(DEAD, Math.min(LARGEST, largest)) / most, 0);
  }

  /** All that int8 can say. */
  Range range() {
    return new Range(
        (Byte.MIN_VALUE - zeroPoint) * scale(), (Byte.MAX_VALUE - zeroPoint) * scale());
  }

  /** The same with a scale of {@code floor} or more: what is finer falls together. */
  Affine atLeast(float floor) {
    return scale() >= floor ? this : of(floor, zeroPoint);
  }

  /** Scale of int8 weights whose largest magnitude is {@code max}: symmetric over [−127, 127]. */
  static float weightScale(float max) {
    return Math.max(max, DEAD) / 127f;
  }

  float scale() {
    return scales[0];
  }

  boolean perChannel() {
    return scales.length > 1;
  }

  byte quantize(float value) {
    long q = zeroPoint + (long) round((double) value / scales[0]);
    return (byte) Math.max(-128, Math.min(127, q));
  }

  byte[] quantize(float[] values) {
    byte[] result = new byte[values.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = quantize(values[i]);
    }
    return result;
  }

  short[] quantizeToShorts(float[] values) {
    short[] result = new short[values.length];
    for (int i = 0; i < result.length; i++) {
      long q = zeroPoint + (long) round((double) values[i] / scales[0]);
      result[i] = (short) Math.max(-Short.MAX_VALUE, Math.min(Short.MAX_VALUE, q));
    }
    return result;
  }

  /** Half away from zero, saturating. */
  static long roundToLong(double value) {
    long whole = (long) value;
    double rest = value - whole;
    return rest >= 0.5 ? whole + 1 : rest <= -0.5 ? whole - 1 : whole;
  }

  /** Half away from zero, saturating. */
  static int round(double value) {
    double bounded = Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, value));
    int whole = (int) bounded;
    double rest = bounded - whole;
    return rest >= 0.5 ? whole + 1 : rest <= -0.5 ? whole - 1 : whole;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Affine a
        && a.zeroPoint == zeroPoint
        && a.axis == axis
        && Arrays.equals(a.scales, scales);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(scales) * 31 + zeroPoint;
  }
}
