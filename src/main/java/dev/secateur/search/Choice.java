package dev.secateur.search;

import dev.secateur.plan.HeldOut.Judged;
import dev.secateur.plan.Plan;
import dev.secateur.plan.Search;
import dev.secateur.result.JobResult;
import java.util.List;

/**
 * What a search comes to: its best trial, made as a whole.
 *
 * @param base the plan of the search
 * @param hasEvaluation whether there is a set to judge the best on; else what was held out does
 */
public record Choice(Plan base, List<Trial> trials, boolean hasEvaluation) {
  /** The best; where no trial could be judged, any shows why. */
  public Trial trial() {
    return new Front(search(), trials).best().orElseGet(() -> trials.get(0));
  }

  /** What makes it. */
  public Plan plan() {
    return trial()
        .point()
        .plan(base, search().heldOutSamples(), hasEvaluation ? Judged.NOTHING : Judged.VARIANTS);
  }

  /** Its result, with what led to it. */
  public JobResult of(JobResult result) {
    return result.foundBy(
        Summary.of(base, search().heldOutSamples(), trials, trial(), result, hasEvaluation));
  }

  private Search search() {
    return base.search().orElseThrow();
  }
}
