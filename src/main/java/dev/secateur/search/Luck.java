package dev.secateur.search;

import dev.secateur.search.Trial.Found;
import java.util.List;
import java.util.Optional;

/**
 * Which trials are within the acceptance for more than their luck. The smallest of many that pass
 * is one that was lucky. A drop that is counted in samples is uncertain by half a point on two
 * thousand; but it grows with the divergence, which is sure to a few percent. So what was counted
 * is weighed against what the trials that are about as far from the original let expect: the drop
 * as a multiple of the divergence, fitted to them. Whoever judges the best on other samples will
 * have as much luck again as one trial had here: a trial is within where seven of ten such judges
 * would say so.
 */
final class Luck {
  /** Of trials further apart, the one says little of the other's drop. */
  private static final double NEAR = 2;

  /** Networks of one divergence drop by so much more or less than each other. */
  private static final double OTHERWISE = 0.25;

  /** Standard errors that a drop counts more: half a one is passed in seven of ten cases. */
  private static final double MARGIN = 0.5;

  private Luck() {}

  /** The same trials; within is what was accepted, and is within by its drop as all tell it. */
  static List<Trial> settled(List<Trial> trials) {
    return trials.stream()
        .map(
            trial ->
                trial
                    .found()
                    .filter(f -> f.within() && !isWithin(trial.number(), f, trials))
                    .map(f -> trial.with(f.beyond()))
                    .orElse(trial))
        .toList();
  }

  private static boolean isWithin(int number, Found found, List<Trial> trials) {
    Optional<Double> allowed = found.allowedDrop();
    if (allowed.isEmpty() || found.error() == 0) {
      return true;
    }
    double own = found.error() * found.error();
    double product = 0;
    double square = 0;
    for (Trial trial : trials) {
      Optional<Found> other =
          trial.found().filter(f -> trial.number() != number && isNear(f, found));
      if (other.isPresent()) {
        double variance = other.get().error() * other.get().error();
        product += other.get().loss() * other.get().divergence() / variance;
        square += other.get().divergence() * other.get().divergence() / variance;
      }
    }
    double drop = found.loss();
    double variance = own;
    if (square > 0) {
      double expected = product / square * found.divergence();
      double off = OTHERWISE * expected;
      double spread = found.divergence() * found.divergence() / square + off * off;
      drop = (expected * own + found.loss() * spread) / (own + spread);
      variance = own * spread / (own + spread);
    }
    return drop + MARGIN * Math.sqrt(variance + own) <= allowed.get();
  }

  private static boolean isNear(Found other, Found found) {
    return other.error() > 0
        && other.measure() == found.measure()
        && other.divergence() <= found.divergence() * NEAR
        && other.divergence() * NEAR >= found.divergence();
  }
}
