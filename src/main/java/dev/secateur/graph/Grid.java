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

  public float step(int channel) {
    return steps.get(steps.size() == 1 ? 0 : channel);
  }
}
