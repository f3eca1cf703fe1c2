package dev.secateur.result;

import dev.secateur.plan.Acceptance;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Whether a result meets its acceptance, in one sentence with the figures that decided.
 *
 * @param outcome accepted or rejected
 */
public record Verdict(Outcome outcome, String reason) {
  /** A sum of exact fractions may miss a limit by rounding alone. */
  private static final double ROUNDING = 1e-9;

  public static Verdict of(Acceptance acceptance, List<Variant> variants) {
    Variant original = named("original", variants);
    Variant int8 = named("int8", variants);
    if (original.top1().isPresent()) {
      return accuracy(acceptance, original.top1().get(), int8.top1().orElseThrow());
    }
    if (original.loss().isPresent()) {
      return loss(acceptance, original.loss().get(), int8.loss().orElseThrow());
    }
    return agreement(acceptance, int8.agreementWithOriginal());
  }

  private static Variant named(String name, List<Variant> variants) {
    return variants.stream().filter(v -> v.name().equals(name)).findFirst().orElseThrow();
  }

  private static Verdict accuracy(Acceptance acceptance, double before, double after) {
    double drop = before - after;
    return judged(
        drop <= acceptance.maxAccuracyDrop() + ROUNDING,
        "INT8 top-1 is %.2f %%, %.2f points %s the original's %.2f %%; the limit is a drop of %.2f",
        100 * after,
        100 * Math.abs(drop),
        drop < 0 ? "above" : "below",
        100 * before,
        100 * acceptance.maxAccuracyDrop());
  }

  private static Verdict loss(Acceptance acceptance, double before, double after) {
    double increase = after / before - 1;
    return judged(
        increase <= acceptance.maxLossIncrease() + ROUNDING,
        "INT8 loss is %.4g, %.1f %% %s the original's %.4g; the limit is a rise of %.1f %%",
        after,
        100 * Math.abs(increase),
        increase < 0 ? "below" : "above",
        before,
        100 * acceptance.maxLossIncrease());
  }

  /** Without labels: where the classes agree, the accuracy cannot have dropped. */
  private static Verdict agreement(Acceptance acceptance, Optional<Double> agreement) {
    if (agreement.isEmpty()) {
      return new Verdict(
          Outcome.REJECTED, "nothing can be measured: the set has no labels, the model no classes");
    }
    return judged(
        1 - agreement.get() <= acceptance.maxAccuracyDrop() + ROUNDING,
        "INT8 agrees with the original on %.2f %% of the unlabelled samples; the limit is %.2f %%",
        100 * agreement.get(),
        100 * (1 - acceptance.maxAccuracyDrop()));
  }

  private static Verdict judged(boolean met, String sentence, Object... figures) {
    return new Verdict(
        met ? Outcome.ACCEPTED : Outcome.REJECTED, String.format(Locale.ROOT, sentence, figures));
  }
}
