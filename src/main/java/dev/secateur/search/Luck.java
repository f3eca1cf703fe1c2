package dev.secateur.search;

import dev.secateur.search.Trial.Found;
import java.util.List;
import java.util.Optional;

/**
 * Which trials are within the acceptance for more than their luck. The smallest of many that pass
 * is one that was lucky. A drop that is counted in samples is uncertain by half a point on two
 * thousand, and too large where the original was trained on them. So what its own probabilities let
 * expect counts instead; where these do not tell, what was counted is weighed against the trials
 * that are about as far from the original: the drop as a multiple of the divergence, fitted to
 * them.
 *
 * <p>Whoever judges the best on other samples has as much luck again as one trial had here: what is
 * put to him may be bold first, and has to be the surer the more he has refused.
 */
final class Luck {
  /** Of trials further apart, the one says little of the other's drop. */
  private static final double NEAR = 2;

  /** Networks for which the same is expected drop by so much more or less than each other. */
  private static final double OTHERWISE = 0.25;

  /** Standard errors: half a one to spare is passed in seven of ten cases. */
  private static final double STEP = 0.5;

  private Luck() {}

  /**
   * A drop that is expected.
   *
   * @param spare steps that it has to be below what is allowed, before any refusal
   */
  private record Expected(double drop, double variance, int spare) {}

  /**
   * The same trials; within is what was accepted, and is within by its drop as all tell it.
   *
   * @param refused how many were refused before on other samples
   */
  static List<Trial> settled(List<Trial> trials, int refused) {
    return trials.stream()
        .map(
            trial ->
                trial
                    .found()
                    .filter(f -> f.within() && !isWithin(trial.number(), f, trials, refused))
                    .map(f -> trial.with(f.beyond()))
                    .orElse(trial))
        .toList();
  }

  private static boolean isWithin(int number, Found found, List<Trial> trials, int refused) {
    Optional<Double> allowed = found.allowedDrop();
    if (allowed.isEmpty() || found.error() == 0) {
      return true;
    }
    double own = square(found.error());
    Expected expected = byProbabilities(found).orElseGet(() -> byCount(number, found, trials));
    double spare = STEP * (expected.spare() + refused) * Math.sqrt(expected.variance() + own);
    return expected.drop() + spare <= allowed.get();
  }

  private static Optional<Expected> byProbabilities(Found found) {
    return found.expectedDrop().map(drop -> new Expected(drop, square(OTHERWISE * drop), -1));
  }

  private static Expected byCount(int number, Found found, List<Trial> trials) {
    double own = square(found.error());
    double product = 0;
    double square = 0;
    for (Trial trial : trials) {
      Optional<Found> other =
          trial.found().filter(f -> trial.number() != number && isNear(f, found));
      if (other.isPresent()) {
        double variance = square(other.get().error());
        product += other.get().loss() * other.get().divergence() / variance;
        square += square(other.get().divergence()) / variance;
      }
    }
    if (square == 0) {
      return new Expected(found.loss(), own, 1);
    }
    double drop = product / square * found.divergence();
    double spread = square(found.divergence()) / square + square(OTHERWISE * drop);
    return new Expected(
        (drop * own + found.loss() * spread) / (own + spread), own * spread / (own + spread), 1);
  }

  private static double square(double x) {
    return x * x;
  }

  private static boolean isNear(Found other, Found found) {
    return other.error() > 0
        && other.measure() == found.measure()
        && other.divergence() <= found.divergence() * NEAR
        && other.divergence() * NEAR >= found.divergence();
  }
}
