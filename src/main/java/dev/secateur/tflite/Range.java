package dev.secateur.tflite;

/** The smallest and the largest value that a tensor took. */
public record Range(float min, float max) {
  public Range {
    if (!(min <= max)) {
      throw new IllegalArgumentException("range from " + min + " to " + max);
    }
  }

  /** Of some values, with zero. */
  static Range of(float[] values) {
    float min = 0;
    float max = 0;
    for (float v : values) {
      min = Math.min(min, v);
      max = Math.max(max, v);
    }
    return new Range(min, max);
  }

  Range union(Range other) {
    return new Range(Math.min(min, other.min), Math.max(max, other.max));
  }
}
