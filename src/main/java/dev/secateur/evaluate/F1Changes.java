package dev.secateur.evaluate;

/**
 * How far an F1 that differs from the original's may do so by luck: the standard error of the
 * difference by the delta method. With {@code F = 2·hits / (wanted + named)}, a decision moves F by
 * {@code (2·hit − F·(wanted + named)) / (all wanted + all named)}; both networks decide on the same
 * samples, so what each moves is subtracted sample by sample before it is squared.
 */
final class F1Changes {
  private static final int BITS = 3;

  /** Decisions by what was wanted (1), what the original named (2) and what was named (4). */
  private final long[] decisions = new long[1 << BITS];

  void add(boolean wanted, boolean before, boolean after) {
    decisions[(wanted ? 1 : 0) | (before ? 2 : 0) | (after ? 4 : 0)]++;
  }

  private long count(int bits) {
    long count = 0;
    for (int i = 0; i < decisions.length; i++) {
      count += (i & bits) == bits ? decisions[i] : 0;
    }
    return count;
  }

  /** 0 where neither ones are wanted nor named. */
  double standardError() {
    double variance = 0;
    for (int i = 0; i < decisions.length; i++) {
      double moved = moved(i, 4) - moved(i, 2);
      variance += decisions[i] * moved * moved;
    }
    return Math.sqrt(variance);
  }

  /**
   * @param decision its bits
   * @param network the bit of the one that named
   */
  private double moved(int decision, int network) {
    double all = count(1) + count(network);
    if (all == 0) {
      return 0;
    }
    double f1 = 2 * count(1 | network) / all;
    int wanted = decision & 1;
    int named = (decision & network) == 0 ? 0 : 1;
    return (2 * wanted * named - f1 * (wanted + named)) / all;
  }
}
