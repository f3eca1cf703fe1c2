package dev.secateur.ledger;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * All that is left to chance in a history, as a sequence of numbers: drawn from a seed, or given.
 * Zero is always the harmless choice, and beyond the end of a given sequence all are zero; so a
 * history is made shorter by cutting and zeroing its sequence.
 */
final class Choices {
  private final int[] given;
  private final SplittableRandom random;
  private int[] made = new int[256];
  private int count;

  private Choices(int[] given, SplittableRandom random) {
    this.given = given;
    this.random = random;
  }

  static Choices ofSeed(long seed) {
    return new Choices(new int[0], new SplittableRandom(seed));
  }

  static Choices of(int... sequence) {
    return new Choices(sequence, null);
  }

  /** From 0 to {@code bound} − 1. */
  int below(int bound) {
    int choice;
    if (random != null) {
      choice = random.nextInt(bound);
    } else {
      choice = count < given.length ? given[count] % bound : 0;
    }
    if (count == made.length) {
      made = Arrays.copyOf(made, 2 * count);
    }
    made[count++] = choice;
    return choice;
  }

  boolean chance(int percent) {
    return below(100) >= 100 - percent;
  }

  int[] made() {
    return Arrays.copyOf(made, count);
  }
}
