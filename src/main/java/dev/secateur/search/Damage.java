package dev.secateur.search;

import dev.secateur.search.Surrogate.Known;
import java.util.List;

/**
 * The divergence of points that were not tried. What is done to a network adds up, as long as each
 * part is small: a part that is its scheme's, one that grows with the zeros and one that grows with
 * the removed channels (each as a power of what is left). The two last hurt more together, since
 * the channels that can be spared first hold the weights that can; their geometric mean is how much
 * more. Training takes some of it away, of the scheme's part too, since it knows the scheme:
 *
 * <pre>(q(scheme) + z + r + √(z·r)) / (1 + epochs)^t,  z = a·((1−s)^−k − 1),  r = b·((1−c)^−m − 1)
 * </pre>
 *
 * fitted to the logarithms of what was measured, with what is known of networks where few trials
 * say otherwise.
 */
final class Damage {
  private static final double LEAST = 1e-7;

  /** Logarithms of q for each scheme, then of a, k, b, m and t. */
  private final double[] theta;

  private final List<String> schemes;
  private final double small;

  /** What is likely before anything was tried: a, k, b, m, t. */
  private static final double[] LIKELY = {0.005, 2.5, 0.02, 3, 0.3};

  /** How far each may be from that, as a factor's logarithm. */
  private static final double[] SPREAD = {3, 0.5, 3, 0.5, 0.8};

  private static final double SCHEME_SPREAD = 4;

  /** A measured divergence is sure to about a tenth. */
  private static final double NOISE = 0.1;

  /** Of the median: far below it nothing is told apart, and what is free says nothing of more. */
  private static final double SMALL = 0.2;

  /** Steps of the search for the minimum: halved where none helps. */
  private static final double FIRST_STEP = 1;

  private static final double LAST_STEP = 0.02;

  Damage(List<Known> known, List<String> schemes) {
    this.schemes = schemes;
    this.theta = new double[schemes.size() + LIKELY.length];
    this.small =
        SMALL
            * known.stream()
                .mapToDouble(Known::value)
                .sorted()
                .skip(known.size() / 2)
                .findFirst()
                .orElse(0);
    double least = known.stream().mapToDouble(Known::value).min().orElse(LEAST);
    for (int i = 0; i < theta.length; i++) {
      theta[i] =
          Math.log(i < schemes.size() ? Math.max(least / 2, LEAST) : LIKELY[i - schemes.size()]);
    }
    fit(known, theta.clone());
  }

  double at(Point point) {
    return at(theta, point);
  }

  /** Of an untrained network's divergence, what so many epochs leave. */
  private double left(double[] t, int epochs) {
    return Math.pow(1 + epochs, -Math.exp(t[schemes.size() + 4]));
  }

  private double at(double[] t, Point point) {
    int n = schemes.size();
    double zeros = Math.exp(t[n]) * (Math.pow(1 - point.sparsity(), -Math.exp(t[n + 1])) - 1);
    double channels =
        Math.exp(t[n + 2]) * (Math.pow(1 - point.channels(), -Math.exp(t[n + 3])) - 1);
    double scheme = Math.exp(t[schemes.indexOf(point.scheme())]);
    return (scheme + zeros + channels + Math.sqrt(zeros * channels)) * left(t, point.epochs())
        + LEAST;
  }

  /** Coordinate search: deterministic, and quick for ten numbers. */
  private void fit(List<Known> known, double[] likely) {
    double best = cost(known, likely);
    for (double step = FIRST_STEP; step >= LAST_STEP; step /= 2) {
      for (boolean better = true; better; ) {
        better = false;
        for (int i = 0; i < theta.length; i++) {
          for (int sign = -1; sign <= 1; sign += 2) {
            double before = theta[i];
            theta[i] = before + sign * step;
            double cost = cost(known, likely);
            if (cost < best - 1e-9) {
              best = cost;
              better = true;
            } else {
              theta[i] = before;
            }
          }
        }
      }
    }
  }

  private double cost(List<Known> known, double[] likely) {
    double cost = 0;
    for (Known k : known) {
      double off =
          (Math.log(at(theta, k.point()) + small) - Math.log(Math.max(k.value(), LEAST) + small))
              / NOISE;
      cost += off * off;
    }
    for (int i = 0; i < theta.length; i++) {
      double spread = i < schemes.size() ? SCHEME_SPREAD : SPREAD[i - schemes.size()];
      double off = (theta[i] - likely[i]) / spread;
      cost += off * off;
    }
    return cost;
  }
}
