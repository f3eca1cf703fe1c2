package dev.secateur.search;

import dev.secateur.plan.HeldOut;
import dev.secateur.plan.Plan;
import dev.secateur.plan.Search;
import dev.secateur.plan.Search.Objective;
import dev.secateur.result.JobResult;
import dev.secateur.result.Searched;
import dev.secateur.result.Searched.Ending;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a search tells at its end. */
final class Summary {
  private Summary() {}

  /**
   * @param choice the trial whose plan the result is of
   */
  static Searched of(Choice choice, JobResult result) {
    Search search = choice.search();
    Trial best = choice.trial();
    int heldOut = search.heldOutSamples();
    Front front = new Front(search, choice.trials());
    return new Searched(
        search.objective(),
        best.found().map(Trial.Found::samples).orElse(heldOut),
        best.number(),
        choice.refused(),
        choice.unmade(),
        front.trials().stream().map(t -> tried(t, choice.base(), heldOut)).toList(),
        front(front),
        choice.hasEvaluation() ? optimism(best, result) : Optional.empty(),
        choice.trials().stream().mapToDouble(Trial::seconds).sum());
  }

  private static Searched.Tried tried(Trial trial, Plan base, int heldOut) {
    Point point = trial.point();
    return new Searched.Tried(
        trial.number(),
        trial.round(),
        point.sparsity(),
        point.channels(),
        point.scheme(),
        point.epochs(),
        trial.found().map(f -> f.within() ? Ending.WITHIN : Ending.BEYOND).orElse(Ending.FAILED),
        trial.reason(),
        trial
            .found()
            .map(
                f ->
                    new Searched.Figures(
                        f.measures(),
                        f.expectedDrop(),
                        f.divergence(),
                        f.bytes(),
                        f.zippedBytes(),
                        f.macs(),
                        f.memory(),
                        f.latency())),
        trial.seconds(),
        trial.found().isPresent()
            ? point.plan(base, heldOut, HeldOut.Judged.NOTHING).document()
            : base.document());
  }

  /** On the front of any objective; those of the one that was asked for come first. */
  private static List<Searched.OnFront> front(Front front) {
    Map<Trial, List<Objective>> members = new LinkedHashMap<>();
    Objective asked = front.search().objective();
    front.of(asked).forEach(t -> members.put(t, new ArrayList<>(List.of(asked))));
    Arrays.stream(Objective.values())
        .filter(o -> o != asked)
        .forEach(
            o ->
                front
                    .of(o)
                    .forEach(t -> members.computeIfAbsent(t, k -> new ArrayList<>()).add(o)));
    List<Searched.OnFront> listed = new ArrayList<>();
    members.forEach((trial, objectives) -> listed.add(onFront(trial, objectives)));
    return listed;
  }

  private static Searched.OnFront onFront(Trial trial, List<Objective> objectives) {
    Trial.Found found = trial.found().orElseThrow();
    return new Searched.OnFront(
        trial.number(),
        List.copyOf(objectives),
        found.measure(),
        found.loss(),
        found.measures(),
        found.divergence(),
        found.bytes(),
        found.zippedBytes(),
        found.macs(),
        found.memory(),
        found.latency());
  }

  private static Optional<Searched.Optimism> optimism(Trial best, JobResult result) {
    if (result.variants().size() < 2) {
      return Optional.empty();
    }
    Trial.Found again =
        Trial.of(best.number(), best.round(), best.point(), result, false, 0).found().orElseThrow();
    // Without labels on one side, the two say different things.
    return best.found()
        .filter(held -> held.measure() == again.measure())
        .map(held -> new Searched.Optimism(held.measure(), held.loss(), again.loss()));
  }
}
