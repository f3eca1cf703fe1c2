package dev.secateur.graph;

/**
 * Dense float32 values in row-major order. The array is shared, never copied: whoever holds a
 * tensor must not write to it.
 */
public record Tensor(Shape shape, float[] values) {
  public Tensor {
    if (shape.size() != values.length) {
      throw new IllegalArgumentException(
          "shape " + shape + " needs " + shape.size() + " values, got " + values.length);
    }
  }

  public static Tensor scalar(float value) {
    return new Tensor(Shape.of(), new float[] {value});
  }

  public static Tensor of(float[] values, int... dims) {
    return new Tensor(Shape.of(dims), values);
  }

  /** The same values under another shape of equal size. */
  public Tensor reshape(Shape other) {
    return new Tensor(other, values);
  }

  /** Fraction of values that are exactly zero. */
  public double sparsity() {
    long zeros = 0;
    for (float v : values) {
      if (v == 0f) {
        zeros++;
      }
    }
    return values.length == 0 ? 0 : (double) zeros / values.length;
  }
}
