package dev.secateur.search;

import dev.secateur.plan.Measure;
import dev.secateur.plan.Search.Objective;
import dev.secateur.result.JobResult;
import dev.secateur.result.Outcome;
import dev.secateur.result.Variant;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * A point that was tried.
 *
 * @param number from 1, in the order in which trials were decided on
 * @param round trials of one round were decided on together
 * @param found empty where it could not be tried
 * @param reason why it was accepted, rejected, or could not be tried
 */
public record Trial(int number, int round, Point point, Optional<Found> found, String reason) {
  /**
   * What was measured, on the samples that the search holds out.
   *
   * @param within whether it meets the acceptance
   * @param measure the foremost of the task
   * @param measures all of the first output's
   * @param loss how much worse the foremost is than the original's value; below zero where it is better
   * @param divergence of the outputs from the original's
   * @param macs empty where it was not counted, as is {@code memory}
   * @param latency microseconds
   * @param seconds of processor time, one a thread
   */
  public record Found(
      boolean within,
      Measure measure,
      Map<Measure, Double> measures,
      double loss,
      double divergence,
      long bytes,
      long zippedBytes,
      Optional<Long> macs,
      Optional<Long> memory,
      double latency,
      double seconds) {
    public Found {
      measures = Collections.unmodifiableMap(new EnumMap<>(measures));
    }

    /** What is to be small; infinite where it is not known. */
    public double of(Objective objective) {
      return switch (objective) {
        case BYTES -> bytes;
        case ZIPPED_BYTES -> zippedBytes;
        case MACS -> macs.map(Long::doubleValue).orElse(Double.POSITIVE_INFINITY);
        case MEMORY -> memory.map(Long::doubleValue).orElse(Double.POSITIVE_INFINITY);
        case LATENCY -> latency;
      };
    }
  }

  /**
   * A trial that ran.
   *
   * @param result of a job with one scheme: its last variant is the one that was tried
   * @param seconds of processor time
   */
  public static Trial of(int number, int round, Point point, JobResult result, double seconds) {
    Variant original = result.variants().get(0);
    Variant tried = result.variants().get(result.variants().size() - 1);
    String output = original.outputs().keySet().iterator().next();
    Variant.Output before = original.outputs().get(output);
    Variant.Output after = tried.outputs().get(output);
    Measure measure =
        after.task().measures().stream()
            .filter(after.measures()::containsKey)
            .findFirst()
            .orElseThrow(
                () -> new IllegalArgumentException("the variant " + tried.name() + " is unmeasured"));
    double value = after.measures().get(measure);
    double change = value - before.measure(measure).orElse(best(measure));
    return new Trial(
        number,
        round,
        point,
        Optional.of(
            new Found(
                result.outcome() == Outcome.ACCEPTED,
                measure,
                after.measures(),
                measure.direction() == Measure.Direction.HIGHER ? -change : change,
                tried.divergence().orElse(Math.max(0, Math.abs(change))),
                tried.bytes(),
                tried.zippedBytes(),
                Optional.empty(),
                Optional.empty(),
                tried.latencyMicros().median(),
                seconds)),
        result.reason());
  }

  /** Of what compares with the original: equal to it. */
  private static double best(Measure measure) {
    return measure.direction() == Measure.Direction.HIGHER ? 1 : 0;
  }

  /** A trial that could not run. */
  public static Trial failed(int number, int round, Point point, String reason) {
    return new Trial(number, round, point, Optional.empty(), reason);
  }
}
