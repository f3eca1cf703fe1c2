package dev.secateur.search;

import dev.secateur.plan.HeldOut.Judged;
import dev.secateur.plan.Plan;
import dev.secateur.plan.Search;
import dev.secateur.result.JobResult;
import dev.secateur.result.Outcome;
import dev.secateur.result.Searched;
import dev.secateur.result.Variant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * What a search comes to: its best trial, made as a whole. The evaluation set does not compare
 * trials; it may only refuse one. Then the smallest is made of those that are nearer to the
 * original than all that were refused, and likelier to pass; where that cannot be made, what was
 * refused last is answered, and why there is nothing better.
 *
 * @param base the plan of the search
 * @param hasEvaluation whether there is a set to judge the best on; else what was held out does
 * @param refused numbers of the trials that the evaluation set has refused before
 * @param unmade what was to follow this one, and could not be made
 */
public record Choice(
    Plan base,
    List<Trial> trials,
    boolean hasEvaluation,
    List<Integer> refused,
    Optional<Searched.Unmade> unmade) {
  /** Each one more that is put to the same samples is likelier to pass by luck. */
  static final int MOST_REFUSED = 3;

  public Choice {
    trials = List.copyOf(trials);
    refused = List.copyOf(refused);
  }

  /** Before any was made. */
  public Choice(Plan base, List<Trial> trials, boolean hasEvaluation) {
    this(base, trials, hasEvaluation, List.of(), Optional.empty());
  }

  /**
   * The smallest that is sure enough after so many refusals, else the nearest to the original that
   * is within; where no trial could be judged, any shows why.
   */
  public Trial trial() {
    Front sure = new Front(search(), Luck.settled(trials, refused.size()));
    Front all = all();
    return sure.best(refused)
        .filter(sure::isWithin)
        .or(() -> all.nearest(refused))
        .or(() -> all.best(refused))
        .orElseGet(() -> trials.get(0));
  }

  /** What makes it. */
  public Plan plan() {
    return trial()
        .point()
        .plan(base, search().heldOutSamples(), hasEvaluation ? Judged.NOTHING : Judged.VARIANTS);
  }

  /** Its result, with what led to it; rejected where the plan's device has no room for it. */
  public JobResult of(JobResult result) {
    JobResult found = result.foundBy(Summary.of(this, result));
    if (result.variants().size() < 2) {
      return found;
    }
    Variant made = result.variants().get(result.variants().size() - 1);
    List<String> misfits = search().misfits(made.bytes(), made.activationBytes());
    return misfits.isEmpty()
        ? found
        : found.rejected(
            made.name().toUpperCase(Locale.ROOT) + " does not fit: " + String.join("; ", misfits));
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

  /**
   * What is answered where this one cannot be made, for good: what was refused last, made once
   * more. Empty where there is no such.
   */
  public Optional<Choice> instead(String reason) {
    return refused.isEmpty() || unmade.isPresent()
        ? Optional.empty()
        : Optional.of(
            new Choice(
                base,
                trials,
                hasEvaluation,
                refused.subList(0, refused.size() - 1),
                Optional.of(new Searched.Unmade(trial().number(), reason))));
  }

  /** The same, after so many were refused. */
  public Choice after(List<Integer> others) {
    return new Choice(base, trials, hasEvaluation, others, unmade);
  }

  private Optional<Choice> next(JobResult result) {
    if (!hasEvaluation
        || unmade.isPresent()
        || result.variants().size() < 2 // the original was refused
        || result.outcome() != Outcome.REJECTED
        || refused.size() >= MOST_REFUSED
        || !isWithin()) {
      return Optional.empty();
    }
    return Optional.of(after(Stream.concat(refused.stream(), Stream.of(trial().number())).toList()))
        .filter(Choice::isWithin);
  }

  /** Whether a trial is left that may be put to the evaluation set. */
  private boolean isWithin() {
    return all().best(refused).filter(all()::isWithin).isPresent();
  }

  private Front all() {
    return new Front(search(), trials);
  }

  Search search() {
    return base.search().orElseThrow();
  }
}
