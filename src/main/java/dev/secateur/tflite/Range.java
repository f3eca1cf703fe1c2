package dev.secateur.tflite;

/** The smallest and the largest value that a tensor took. */
public record Range(float min, float max) {
  public Range {
    if (!(min <= max)) {
      throw new IllegalArgumentException("range from " + min + " to " + max);
    }
  }

  Range union(Range other) {
    return new Range(Math.min(min, other.min), Math.max(max, other.max));
  }
}
