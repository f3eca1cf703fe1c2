package dev.secateur.prune;

/**
 * A cost that was measured at a few fractions, made monotone and interpolated in its logarithm.
 *
 * @param fractions ascending, above 0
 * @param costs at each
 */
record Curve(double[] fractions, double[] costs) {
  /** Below this, divergence is the noise of a few hundred samples. */
  private static final double NOISE = 1e-6;

  /** How much smaller, as a logarithm, the first cost is at zero: next to nothing. */
  private static final double FALL = 4;

  double at(double fraction) {
    if (fraction <= 0) {
      return 0;
    }
    double above = Math.log(Math.max(costs[0], NOISE));
    double x = 0;
    double y = above - FALL;
    for (int i = 0; i < fractions.length; i++) {
      above = Math.max(above, Math.log(Math.max(costs[i], NOISE)));
      if (fraction <= fractions[i]) {
        return Math.exp(y + (above - y) * (fraction - x) / (fractions[i] - x));
      }
      x = fractions[i];
      y = above;
    }
    // Beyond the last: as steep as the steepest that was seen there, e-fold in a tenth.
    return Math.exp(y + 10 * (fraction - x));
  }
}
