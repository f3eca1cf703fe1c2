package dev.secateur.search;

import dev.secateur.plan.HeldOut.Judged;
import dev.secateur.plan.Plan;
import dev.secateur.plan.Search;
import dev.secateur.result.JobResult;
import dev.secateur.result.Outcome;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * What a search comes to: its best trial, made as a whole. The evaluation set does not compare
 * trials; it may only refuse one. Then the smallest is made of those that are nearer to the
 * original than all that were refused.
 *
 * @param base the plan of the search
 * @param hasEvaluation whether there is a set to judge the best on; else what was held out does
 * @param refused numbers of the trials that the evaluation set has refused
 */
public record Choice(Plan base, List<Trial> trials, boolean hasEvaluation, List<Integer> refused) {
  /** Each one more that is put to the same samples is likelier to pass by luck. */
  private static final int MOST_REFUSED = 2;

  public Choice {
    trials = List.copyOf(trials);
    refused = List.copyOf(refused);
  }

  /** Before any was made. */
  public Choice(Plan base, List<Trial> trials, boolean hasEvaluation) {
    this(base, trials, hasEvaluation, List.of());
  }

  /** The best; where no trial could be judged, any shows why. */
  public Trial trial() {
    return front().best(refused).orElseGet(() -> trials.get(0));
  }

  /** What makes it. */
  public Plan plan() {
    return trial()
        .point()
        .plan(base, search().heldOutSamples(), hasEvaluation ? Judged.NOTHING : Judged.VARIANTS);
  }

  /** Its result, with what led to it. */
  public JobResult of(JobResult result) {
    return result.foundBy(Summary.of(this, result));
  }

  /**
   * Makes the best, and others where it is refused.
   *
   * @param making runs the plan of a choice
   * @return the last one's result, with what led to it
   */
  public JobResult made(Function<Choice, JobResult> making) {
    JobResult result = making.apply(this);
    return next(result).map(n -> n.made(making)).orElseGet(() -> of(result));
  }

  private Optional<Choice> next(JobResult result) {
    if (!hasEvaluation
        || result.outcome() != Outcome.REJECTED
        || refused.size() == MOST_REFUSED
        || !front().isWithin(trial())) {
      return Optional.empty();
    }
    Choice next =
        new Choice(
            base,
            trials,
            true,
            Stream.concat(refused.stream(), Stream.of(trial().number())).toList());
    return Optional.of(next)
        .filter(n -> n.front().best(n.refused).filter(front()::isWithin).isPresent());
  }

  private Front front() {
    return new Front(search(), trials);
  }

  Search search() {
    return base.search().orElseThrow();
  }
}
