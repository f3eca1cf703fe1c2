package dev.secateur.search;

import dev.secateur.search.Trial.Found;
import java.util.List;
import java.util.Optional;

/**
 * Which trials are within the acceptance for more than their luck. The smallest of many that pass
 * is one that was lucky, so that a drop counts with its standard error on top (the
 * one-standard-error rule: Breiman et al. 1984). A drop that is counted in samples is uncertain by
 * half a point on two thousand; but it grows with the divergence, which is sure to a few percent.
 * So it is taken as a multiple of the divergence, fitted to the trials that are about as far from
 * the original, its own among them. The error on top stays that of one trial: whoever judges the
 * best on other samples will have such luck again.
 */
final class Luck {
  /** Of trials further apart, the one says little of the other's drop. */
  private static final double NEAR = 3;

  /** Networks of one divergence drop by so much more or less than each other. */
  private static final double OTHERWISE = 0.1;

  private Luck() {}

  /** The same trials; within is what was accepted, and is within by its drop as all tell it. */
  static List<Trial> settled(List<Trial> trials) {
    return trials.stream()
        .map(
            trial ->
                trial
                    .found()
                    .filter(f -> f.within() && !isWithin(f, trials))
                    .map(f -> trial.with(f.beyond()))
                    .orElse(trial))
        .toList();
  }

  private static boolean isWithin(Found found, List<Trial> trials) {
    Optional<Double> allowed = found.allowedDrop();
    if (allowed.isEmpty() || found.error() == 0) {
      return true;
    }
    double product = 0;
    double square = 0;
    for (Trial trial : trials) {
      Optional<Found> other = trial.found().filter(f -> isNear(f, found));
      if (other.isPresent()) {
        double variance = other.get().error() * other.get().error();
        product += other.get().loss() * other.get().divergence() / variance;
        square += other.get().divergence() * other.get().divergence() / variance;
      }
    }
    if (square == 0) {
      return found.loss() + found.error() <= allowed.get();
    }
    double drop = product / square * found.divergence();
    double error = Math.hypot(found.divergence() / Math.sqrt(square), OTHERWISE * drop);
    return drop + Math.max(error, found.error()) <= allowed.get();
  }

  private static boolean isNear(Found other, Found found) {
    return other.error() > 0
        && other.measure() == found.measure()
        && other.divergence() <= found.divergence() * NEAR
        && other.divergence() * NEAR >= found.divergence();
  }
}
