package dev.secateur.graph;

import java.util.ArrayList;
import java.util.List;

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

  /** (N,…,C) as (N,C,…). */
  public Tensor channelsFirst() {
    int channels = shape.last();
    int samples = shape.dim(0);
    int positions = values.length / Math.max(1, samples * channels);
    float[] moved = new float[values.length];
    for (int i = 0; i < moved.length; i++) {
      int position = i % positions;
      int channel = i / positions % channels;
      int sample = i / (positions * channels);
      moved[i] = values[(sample * positions + position) * channels + channel];
    }
    List<Integer> dims = new ArrayList<>(shape.dims());
    dims.add(1, dims.remove(dims.size() - 1));
    return new Tensor(new Shape(dims), moved);
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
