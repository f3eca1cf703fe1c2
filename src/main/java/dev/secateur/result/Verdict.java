package dev.secateur.result;

import dev.secateur.plan.Acceptance;
import dev.secateur.plan.Bound;
import dev.secateur.plan.Measure;
import dev.secateur.plan.MeasureName;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Whether a result meets its acceptance, in one sentence with the figures that decided. Every
 * output has to; and nothing is accepted whose measures rest on nothing, or that was not pruned as
 * asked.
 *
 * @param outcome accepted or rejected
 */
public record Verdict(Outcome outcome, String reason) {
  /** A sum of exact fractions may miss a limit by rounding alone. */
  private static final double ROUNDING = 1e-9;

  /** Faults that a variant has of its own. */
  private static final Set<String> DESTROYED = Set.of("not-finite", "constant", "chance", "noise");

  /**
   * The mean recall of the classes may fall by so many times what accuracy may: it is the rare
   * ones' as much as the common ones'.
   */
  private static final double RARE = 2.5;

  /** Standard errors: one sound network in twenty is further below its original by luck alone. */
  private static final double LUCK = 1.645;

  /** How far R² may fall, where the squared error's own limit allows less. */
  private static final double MAX_R2_DROP = 0.05;

  /** Error of numbers without targets, beside the spread of the original's. */
  private static final double MAX_RELATIVE_ERROR = 0.25;

  /** Agreement without targets, with rare answers counted like common ones. */
  private static final double MIN_BALANCED_AGREEMENT = 0.9;

  /** Sparsity that may be missing, the rounding of kernels to whole weights aside. */
  private static final double UNPRUNED = 0.02;

  /** Weights of each kernel that rounding may leave. */
  private static final double WHOLE = 0.5;

  /**
   * @param judged the variant by the plan's first scheme
   */
  public static Verdict of(Acceptance acceptance, Variant original, Variant judged, Pruned pruned) {
    return of(acceptance, original, judged, pruned, false);
  }

  private static Verdict of(
      Acceptance acceptance, Variant original, Variant judged, Pruned pruned, boolean expected) {
    List<Variant.Fault> faults =
        judged.faults().stream().filter(f -> DESTROYED.contains(f.kind())).toList();
    List<Variant.Fault> own = faults.stream().filter(f -> !shared(f, original)).toList();
    if (!own.isEmpty()) {
      return rejected(
          label(judged)
              + ": "
              + own.stream().map(Variant.Fault::toString).collect(Collectors.joining("; ")));
    }
    if (!judged.misfits().isEmpty()) {
      return rejected(label(judged) + " does not fit: " + String.join("; ", judged.misfits()));
    }
    Optional<Verdict> unpruned = unpruned(pruned);
    if (unpruned.isPresent()) {
      return unpruned.get();
    }
    List<Check> checks = new ArrayList<>();
    judged
        .outputs()
        .forEach(
            (name, output) ->
                checks.addAll(
                    new Checks(
                            acceptance,
                            label(judged),
                            name,
                            original.outputs().get(name),
                            output,
                            expected ? judged.samples() : 0)
                        .all(judged.outputs().size() > 1)));
    List<Check> missed = checks.stream().filter(c -> !c.met()).toList();
    return new Verdict(
        missed.isEmpty() ? Outcome.ACCEPTED : Outcome.REJECTED,
        (missed.isEmpty() ? checks : missed)
            .stream().map(Check::sentence).collect(Collectors.joining("; ")));
  }

  /**
   * The same, but accuracy may fall by what luck on other samples leaves, and falls by what the
   * original's own probabilities let expect where these tell: for whoever judges on samples whose
   * labels the original was trained on, what is judged again on others. Acceptances that go by more
   * than one accuracy are judged as ever.
   */
  public static Verdict expected(
      Acceptance acceptance, Variant original, Variant judged, Pruned pruned) {
    return of(acceptance, original, judged, pruned, isExpected(acceptance, judged));
  }

  /** Whether {@link #expected} goes by what is expected. */
  public static boolean isExpected(Acceptance acceptance, Variant judged) {
    return acceptance.bounds().isEmpty()
        && judged.outputs().size() == 1
        && judged.outputs().values().stream().allMatch(o -> o.expectedDrop().isPresent());
  }

  private static boolean shared(Variant.Fault fault, Variant original) {
    return original.faults().stream()
        .anyMatch(f -> f.output().equals(fault.output()) && f.kind().equals(fault.kind()));
  }

  /** An original that cannot be judged, and so nothing that would come of it. */
  public static Verdict unsound(String complaint) {
    return rejected(complaint);
  }

  private static Verdict rejected(String reason) {
    return new Verdict(Outcome.REJECTED, reason);
  }

  private static String label(Variant variant) {
    return variant.name().toUpperCase(Locale.ROOT);
  }

  /** Each kernel counts by its size, however its share of the target was chosen. */
  private static Optional<Verdict> unpruned(Pruned pruned) {
    if (pruned.asked() == 0) {
      return Optional.empty();
    }
    if (pruned.weights() == 0) {
      return Optional.of(
          rejected(
              String.format(
                  Locale.ROOT,
                  "nothing was pruned: the network has no kernel that can be, but %.1f %% were"
                      + " asked for (a sparsity of 0 quantizes it as it is)",
                  100 * pruned.asked())));
    }
    double rounded = WHOLE * pruned.kernels() / pruned.weights();
    return pruned.zeros() == 0 || pruned.reached() < pruned.asked() - UNPRUNED - rounded
        ? Optional.of(
            rejected(
                String.format(
                    Locale.ROOT,
                    "pruning reached %.1f %% of the weights, not the %.1f %% asked for: the run"
                        + " ends before its schedule does (more epochs, or an earlier end step), or"
                        + " the kernels are too small",
                    100 * pruned.reached(),
                    100 * pruned.asked())))
        : Optional.empty();
  }

  private record Check(boolean met, String sentence) {}

  /**
   * What one output has to meet.
   *
   * @param expectedOn how many samples accuracy is expected on; 0 where it is counted
   */
  private record Checks(
      Acceptance acceptance,
      String variant,
      String output,
      Variant.Output original,
      Variant.Output judged,
      int expectedOn) {
    List<Check> all(boolean several) {
      List<Check> own = new ArrayList<>();
      for (Map.Entry<MeasureName, Bound> bound : acceptance.bounds().entrySet()) {
        Measure measure = bound.getKey().measure();
        if (bound.getKey().means(output, measure) && judged.task().measures().contains(measure)) {
          own.addAll(bounded(measure, bound.getValue()));
        }
      }
      List<Check> checks = new ArrayList<>(own);
      if (own.isEmpty() || limitIsGiven()) {
        checks.addAll(byTask());
      }
      return several
          ? checks.stream().map(c -> new Check(c.met(), output + ": " + c.sentence())).toList()
          : checks;
    }

    /** Whether the plan gives the limit that the task goes by: it holds beside bounds too. */
    private boolean limitIsGiven() {
      return switch (judged.task()) {
        case CLASSIFICATION, BINARY, MULTI_LABEL, SEGMENTATION ->
            acceptance.maxAccuracyDrop().isPresent();
        case REGRESSION, RECONSTRUCTION -> acceptance.maxLossIncrease().isPresent();
        case IMITATION ->
            acceptance.maxAccuracyDrop().isPresent()
                && judged.measure(Measure.AGREEMENT).isPresent();
      };
    }

    private List<Check> byTask() {
      return switch (judged.task()) {
        case CLASSIFICATION -> classes();
        case BINARY, MULTI_LABEL -> decisions();
        case SEGMENTATION -> List.of(drop(Measure.MIOU, maxAccuracyDrop()));
        case REGRESSION -> List.of(acceptance.maxLossIncrease().isPresent() ? loss() : error());
        case RECONSTRUCTION -> List.of(loss());
        case IMITATION -> List.of(imitation());
      };
    }

    private double maxAccuracyDrop() {
      return acceptance.maxAccuracyDrop().orElse(Acceptance.MAX_ACCURACY_DROP);
    }

    private double maxLossIncrease() {
      return acceptance.maxLossIncrease().orElse(Acceptance.MAX_LOSS_INCREASE);
    }

    private List<Check> classes() {
      Check all = accuracy(Measure.TOP1);
      return asCommon(original) && asCommon(judged) ? List.of(all) : List.of(all, balanced());
    }

    /** Of classes that are as common as each other the mean recall says nothing new. */
    private static boolean asCommon(Variant.Output output) {
      double top1 = output.measure(Measure.TOP1).orElse(Double.NaN);
      double balanced = output.measure(Measure.BALANCED_ACCURACY).orElse(Double.NaN);
      return Math.abs(top1 - balanced) <= ROUNDING;
    }

    /** Where ones are rare, no ones at all would be nearly as accurate; and so with zeros. */
    private List<Check> decisions() {
      List<Check> checks = new ArrayList<>();
      checks.add(accuracy(Measure.ACCURACY));
      if (original.measure(Measure.F1).isPresent()) {
        checks.add(dropBeyondLuck(Measure.F1, maxAccuracyDrop()));
      }
      checks.add(balanced());
      return checks;
    }

    private Check accuracy(Measure measure) {
      if (expectedOn == 0) {
        return drop(measure, maxAccuracyDrop());
      }
      double drop = judged.expectedDrop().orElseThrow();
      double luck = LUCK * Math.sqrt((1 - judged.measures().get(Measure.AGREEMENT)) / expectedOn);
      return check(
          drop <= maxAccuracyDrop() + luck + ROUNDING,
          "%s %s is expected to be %s below the original's, by its own probabilities; the limit is"
              + " a drop of %s, and %s for the luck of few samples",
          variant,
          MeasureText.name(measure),
          MeasureText.difference(measure, drop),
          MeasureText.difference(measure, maxAccuracyDrop()).replace(" points", ""),
          MeasureText.difference(measure, luck).replace(" points", ""));
    }

    /** Where a class is rare, never to name it would be nearly as accurate. */
    private Check balanced() {
      return dropBeyondLuck(Measure.BALANCED_ACCURACY, Math.min(1, RARE * maxAccuracyDrop()));
    }

    /** Of a rare class there are few samples: what these leave to luck is nobody's fault. */
    private Check dropBeyondLuck(Measure measure, double limit) {
      double luck = LUCK * judged.standardErrors().getOrDefault(measure, 0.0);
      Check check = drop(measure, limit + luck);
      return luck == 0
          ? check
          : new Check(
              check.met(),
              check.sentence()
                  + ", "
                  + MeasureText.difference(measure, luck).replace(" points", "")
                  + " of it for the luck of few samples");
    }

    private Check error() {
      double unexplained = 1 - original.measure(Measure.R2).orElse(0.0);
      return drop(Measure.R2, Math.max(MAX_R2_DROP, maxLossIncrease() * unexplained));
    }

    private Check loss() {
      Optional<Double> before = original.measure(Measure.LOSS);
      Optional<Double> after = judged.measure(Measure.LOSS);
      if (before.isEmpty() || after.isEmpty()) {
        return unmeasured(Measure.LOSS);
      }
      double increase = after.get().equals(before.get()) ? 0 : after.get() / before.get() - 1;
      return check(
          increase <= maxLossIncrease() + ROUNDING,
          "%s loss is %.4g, %.1f %% %s the original's %.4g; the limit is a rise of %.1f %%",
          variant,
          after.get(),
          100 * Math.abs(increase),
          increase < 0 ? "below" : "above",
          before.get(),
          100 * maxLossIncrease());
    }

    /** Without targets: where the answers agree, they cannot have become worse. */
    private Check imitation() {
      Optional<Double> agreement = judged.measure(Measure.AGREEMENT);
      if (agreement.isPresent()) {
        double balanced = judged.measure(Measure.BALANCED_AGREEMENT).orElse(0.0);
        if (balanced < MIN_BALANCED_AGREEMENT && agreement.get() >= balanced) {
          return check(
              false,
              "%s agrees with the original on %.2f %% of the unlabelled samples, but on %.2f %%"
                  + " with each of its answers counted alike; the limit is %.2f %%",
              variant,
              100 * agreement.get(),
              100 * balanced,
              100 * MIN_BALANCED_AGREEMENT);
        }
        return check(
            1 - agreement.get() <= maxAccuracyDrop() + ROUNDING,
            "%s agrees with the original on %.2f %% of the unlabelled samples; the limit is"
                + " %.2f %%",
            variant,
            100 * agreement.get(),
            100 * (1 - maxAccuracyDrop()));
      }
      return judged
          .measure(Measure.RELATIVE_ERROR)
          .map(
              error ->
                  check(
                      error <= MAX_RELATIVE_ERROR + ROUNDING,
                      "%s differs from the original by %.1f %% of the spread of its outputs; the"
                          + " limit is %.1f %%",
                      variant,
                      100 * error,
                      100 * MAX_RELATIVE_ERROR))
          .orElseGet(() -> unmeasured(Measure.RELATIVE_ERROR));
    }

    private List<Check> bounded(Measure measure, Bound bound) {
      Optional<Double> after = judged.measure(measure);
      if (after.isEmpty()) {
        return List.of(unmeasured(measure));
      }
      List<Check> checks = new ArrayList<>();
      String figure = variant + " " + MeasureText.name(measure) + " is ";
      String is = figure + MeasureText.value(measure, after.get());
      bound
          .min()
          .ifPresent(
              min ->
                  checks.add(
                      new Check(
                          after.get() >= min - ROUNDING,
                          is + "; the least is " + MeasureText.value(measure, min))));
      bound
          .max()
          .ifPresent(
              max ->
                  checks.add(
                      new Check(
                          after.get() <= max + ROUNDING,
                          is + "; the most is " + MeasureText.value(measure, max))));
      bound.maxDrop().ifPresent(drop -> checks.add(drop(measure, drop)));
      bound.maxRise().ifPresent(rise -> checks.add(change(measure, rise, "rise", 1)));
      return checks;
    }

    private Check drop(Measure measure, double limit) {
      return change(measure, limit, "drop", -1);
    }

    /**
     * @param worse 1 where more is worse, −1 where less is
     */
    private Check change(Measure measure, double limit, String word, int worse) {
      Optional<Double> before = original.measure(measure);
      Optional<Double> after = judged.measure(measure);
      if (before.isEmpty() || after.isEmpty()) {
        return unmeasured(measure);
      }
      double change = after.get() - before.get();
      return check(
          worse * change <= limit + ROUNDING,
          "%s %s is %s, %s %s the original's %s; the limit is a %s of %s",
          variant,
          MeasureText.name(measure),
          MeasureText.value(measure, after.get()),
          MeasureText.difference(measure, Math.abs(change)),
          change > 0 || (change == 0 && worse > 0) ? "above" : "below",
          MeasureText.value(measure, before.get()),
          word,
          MeasureText.difference(measure, limit).replace(" points", ""));
    }

    private Check unmeasured(Measure measure) {
      return new Check(
          false,
          variant + " cannot be judged: its " + MeasureText.name(measure) + " cannot be told");
    }

    private static Check check(boolean met, String sentence, Object... figures) {
      return new Check(met, String.format(Locale.ROOT, sentence, figures));
    }
  }
}
