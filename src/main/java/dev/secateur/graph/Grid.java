package dev.secateur.graph;

import java.util.List;

/**
 * The values that the entries of a quantized kernel may take: a whole number of steps, from {@code
 * -most} to {@code most}.
 *
 * @param most 7 for four bits, 127 for eight
 * @param steps one for each output channel, or one for the whole kernel
 */
public record Grid(int most, List<Float> steps) {
  /** Of four bits, symmetric: −8 is not used. */
  public static final int FOUR_BITS = 7;

  public static final int EIGHT_BITS = 127;

  public Grid {
    steps = List.copyOf(steps);
  }

  /**
   * Of a step, eight binary places: what more it has moves no level by a hundredth of itself, and
   * would be half of its bytes in a zip.
   */
  public static float brief(double step) {
    return Float.intBitsToFloat(Float.floatToIntBits((float) step) + 0x8000 & 0xffff0000);
  }

  public float step(int channel) {
    return steps.get(steps.size() == 1 ? 0 : channel);
  }

  /** The level that is nearest, halves away from zero. */
  public int level(float value, int channel) {
    double steps = Math.abs(value) / (double) step(channel);
    return (int) (Math.signum(value) * Math.min(most, Math.floor(steps + 0.5)));
  }

  /**
   * A kernel whose entries are the nearest on the grid.
   *
   * @param kernel output channels last
   */
  public Tensor nearest(Tensor kernel) {
    float[] values = kernel.values().clone();
    int channels = kernel.shape().last();
    for (int i = 0; i < values.length; i++) {
      int channel = i % channels;
      values[i] = level(values[i], channel) * step(channel);
    }
    return new Tensor(kernel.shape(), values);
  }
}
