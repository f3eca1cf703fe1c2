package dev.secateur.search;

import dev.secateur.plan.Search;
import dev.secateur.plan.Search.Objective;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Which trials count: the best one, and those that no other beats.
 *
 * @param trials within, where that is more than {@link Luck}
 */
public record Front(Search search, List<Trial> trials) {
  public Front {
    trials = Luck.settled(trials, 0);
  }

  /**
   * The smallest within the acceptance that the plan's device can hold. Where it can hold none, the
   * one that comes nearest to that; where none is within, the one nearest to the original. Empty
   * where no trial ran.
   */
  public Optional<Trial> best() {
    return best(List.of());
  }

  /**
   * The same, of those that are nearer to the original than others that turned out not to be good
   * enough.
   *
   * @param refused their numbers
   */
  Optional<Trial> best(List<Integer> refused) {
    List<Trial> near = nearer(refused);
    return near.stream()
        .filter(this::isWithin)
        .min(
            Comparator.comparingDouble((Trial t) -> found(t).of(search.objective()))
                .thenComparingDouble(t -> found(t).divergence())
                .thenComparingInt(Trial::number))
        .or(
            () ->
                near.stream()
                    .min(
                        Comparator.comparing((Trial t) -> !found(t).within())
                            .thenComparingDouble(t -> found(t).within() ? excess(t) : 1)
                            .thenComparingDouble(t -> found(t).divergence())
                            .thenComparingInt(Trial::number)));
  }

  /** Of those that are within, the same, the nearest to the original. */
  Optional<Trial> nearest(List<Integer> refused) {
    return nearer(refused).stream()
        .filter(this::isWithin)
        .min(
            Comparator.comparingDouble((Trial t) -> found(t).divergence())
                .thenComparingInt(Trial::number));
  }

  private List<Trial> nearer(List<Integer> refused) {
    double least =
        trials.stream()
            .filter(t -> refused.contains(t.number()))
            .mapToDouble(t -> found(t).divergence())
            .min()
            .orElse(Double.POSITIVE_INFINITY);
    return trials.stream()
        .filter(t -> t.found().filter(f -> refused.isEmpty() || f.divergence() < least).isPresent())
        .toList();
  }

  /** Whether a trial that ran meets the acceptance, and what the plan's device can hold. */
  public boolean isWithin(Trial trial) {
    Trial.Found found = found(trial);
    return found.within() && search.misfits(found.bytes(), found.memory()).isEmpty();
  }

  private double excess(Trial trial) {
    Trial.Found found = found(trial);
    return search.excess(found.bytes(), found.memory());
  }

  private static Trial.Found found(Trial trial) {
    return trial.found().orElseThrow();
  }

  /**
   * The trials that no other beats: none is both smaller and better by the task's measure.
   *
   * @return smallest first
   */
  public List<Trial> of(Objective objective) {
    return trials.stream()
        .filter(t -> t.found().filter(f -> Double.isFinite(f.of(objective))).isPresent())
        .filter(t -> trials.stream().noneMatch(o -> beats(o, t, objective)))
        .sorted(
            Comparator.comparingDouble((Trial t) -> found(t).of(objective))
                .thenComparingInt(Trial::number))
        .toList();
  }

  private static boolean beats(Trial one, Trial other, Objective objective) {
    if (one.found().isEmpty() || one == other) {
      return false;
    }
    double size = found(one).of(objective) - found(other).of(objective);
    double loss = found(one).loss() - found(other).loss();
    return size <= 0 && loss <= 0 && (size < 0 || loss < 0 || one.number() < other.number());
  }
}
