package dev.secateur.job;

import dev.secateur.dataset.Dataset;
import dev.secateur.evaluate.Evaluation;
import dev.secateur.evaluate.Fault;
import dev.secateur.evaluate.Goal;
import dev.secateur.evaluate.PreprocessingSearch;
import dev.secateur.evaluate.PreprocessingSearch.Found;
import dev.secateur.graph.Predictor;
import dev.secateur.plan.Measure;
import dev.secateur.plan.Preprocessing;
import dev.secateur.result.MeasureText;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Whether the original does on its evaluation set what it was made for; if not, nothing that comes
 * of it could be judged, and the reason is mostly in how the set is scaled.
 */
record Soundness(
    List<Goal> goals, Dataset set, Preprocessing preprocessing, BooleanSupplier cancelled) {
  private static final String REMEDY =
      "check the preprocessing (--scale, --mean, --std, --bgr) and the targets; --allow-chance"
          + " (acceptance.allowChance) runs it all the same";

  /**
   * What is certainly wrong with the original, in one sentence; empty if nothing is. What would
   * help is not looked for, which takes as long as ten evaluations.
   */
  Optional<String> fault(Evaluation original) {
    return original.faults().anyMatch(Fault::certain)
        ? Optional.of(sentence(original) + " (" + REMEDY + ")")
        : Optional.empty();
  }

  /** What is wrong with the original, in one sentence with what helps; empty if it is sound. */
  Optional<String> complaint(Predictor predictor, Evaluation original) {
    if (original.faults().findAny().isEmpty()) {
      return Optional.empty();
    }
    boolean certain = original.faults().anyMatch(Fault::certain);
    Optional<Found> better =
        new PreprocessingSearch(goals, set, preprocessing, cancelled).better(predictor);
    if (!certain && better.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        sentence(original) + better.map(f -> "; " + advice(f)).orElse(" (" + REMEDY + ")"));
  }

  private String sentence(Evaluation original) {
    return original.outputs().stream()
        .flatMap(o -> o.faults().stream().map(f -> named(o.output()) + f.sentence()))
        .collect(Collectors.joining("; ", "the original ", ""));
  }

  private String named(String output) {
    return goals.size() == 1 ? "" : "at output " + output + " ";
  }

  private String advice(Found found) {
    String measures =
        found.evaluation().outputs().stream()
            .flatMap(
                o ->
                    Stream.of(Measure.TOP1, Measure.ACCURACY, Measure.MIOU, Measure.R2)
                        .flatMap(
                            m ->
                                o.measure(m).stream()
                                    .map(v -> MeasureText.name(m) + " " + MeasureText.value(m, v)))
                        .limit(1))
            .collect(Collectors.joining(", "));
    return "with "
        + options(found.preprocessing())
        + " it has a "
        + measures
        + " on "
        + found.evaluation().samples()
        + " samples: add that option (preprocessing in a plan)";
  }

  /** As the command line spells it; what is not said there is the default. */
  private String options(Preprocessing found) {
    List<String> options = new ArrayList<>();
    if (found.scale() != 1 || preprocessing.scale() != 1) {
      options.add("--scale " + number(found.scale()));
    }
    if (!found.mean().isEmpty() || !preprocessing.mean().isEmpty()) {
      options.add("--mean " + numbers(found.mean(), "0"));
    }
    if (!found.std().isEmpty() || !preprocessing.std().isEmpty()) {
      options.add("--std " + numbers(found.std(), "1"));
    }
    if (found.bgr() != preprocessing.bgr()) {
      options.add(found.bgr() ? "--bgr" : "--no-bgr");
    }
    return String.join(" ", options);
  }

  private static String numbers(List<Double> values, String none) {
    return values.isEmpty()
        ? none
        : values.stream().map(Soundness::number).collect(Collectors.joining(","));
  }

  private static String number(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
  }
}
