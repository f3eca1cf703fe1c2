package dev.secateur.search;

import dev.secateur.plan.Acceptance;
import dev.secateur.plan.Measure;
import dev.secateur.plan.Search.Objective;
import dev.secateur.result.JobResult;
import dev.secateur.result.Outcome;
import dev.secateur.result.Variant;
import dev.secateur.result.Verdict;
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
 * @param seconds of processor time, one a thread
 */
public record Trial(
    int number, int round, Point point, Optional<Found> found, String reason, double seconds) {
  /**
   * What was measured, on the samples that the search holds out.
   *
   * @param within whether it meets the acceptance
   * @param measure the foremost of the task
   * @param measures all of the first output's
   * @param loss how much worse the foremost is than the original's value; below zero where it is
   *     better
   * @param error the standard error of the loss; 0 where it is not counted in samples
   * @param allowedDrop how much worse a measure that is counted in samples may be; empty where the
   *     acceptance goes by others too
   * @param expectedDrop of that measure, by the original's own probabilities; empty where the loss
   *     decides as it was counted
   * @param divergence of the outputs from the original's
   * @param macs empty where it was not counted, as is {@code memory}
   * @param latency microseconds
   * @param samples that it was measured on
   */
  public record Found(
      boolean within,
      Measure measure,
      Map<Measure, Double> measures,
      double loss,
      double error,
      Optional<Double> allowedDrop,
      Optional<Double> expectedDrop,
      double divergence,
      long bytes,
      long zippedBytes,
      Optional<Long> macs,
      Optional<Long> memory,
      double latency,
      int samples) {
    public Found {
      measures = Collections.unmodifiableMap(new EnumMap<>(measures));
    }

    /** The same, too far from the original. */
    Found beyond() {
      return new Found(
          false,
          measure,
          measures,
          loss,
          error,
          allowedDrop,
          expectedDrop,
          divergence,
          bytes,
          zippedBytes,
          macs,
          memory,
          latency,
          samples);
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
   * @param result of a job with one scheme: its last variant is the one that was tried; one that
   *     ended with the original could not be tried
   * @param judgedAgain whether the best will be judged on other samples: then what is expected on
   *     these counts
   * @param seconds of processor time
   */
  public static Trial of(
      int number, int round, Point point, JobResult result, boolean judgedAgain, double seconds) {
    if (result.variants().size() < 2) {
      return failed(number, round, point, result.reason(), seconds);
    }
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
                () ->
                    new IllegalArgumentException("the variant " + tried.name() + " is unmeasured"));
    double value = after.measures().get(measure);
    double change = value - before.measure(measure).orElse(best(measure));
    double worse = measure.direction() == Measure.Direction.HIGHER ? -change : change;
    return new Trial(
        number,
        round,
        point,
        Optional.of(
            new Found(
                result.outcome() == Outcome.ACCEPTED,
                measure,
                after.measures(),
                worse,
                error(measure, tried),
                allowed(result.plan().acceptance(), measure),
                judgedAgain && Verdict.isExpected(result.plan().acceptance(), tried)
                    ? after.expectedDrop()
                    : Optional.empty(),
                tried.divergence().orElse(Math.max(0, Math.abs(change))),
                tried.bytes(),
                tried.zippedBytes(),
                Optional.of(tried.macs()),
                tried.activationBytes(),
                tried.latencyMicros().median(),
                tried.samples())),
        result.reason(),
        seconds);
  }

  /**
   * Of {@code n} samples a part {@code f} is answered otherwise than by the original: the standard
   * error of a drop is {@code √(f/n)} at most.
   */
  private static double error(Measure measure, Variant variant) {
    return isCounted(measure)
        ? variant
            .agreementWithOriginal()
            .map(same -> Math.sqrt((1 - same) / variant.samples()))
            .orElse(0.0)
        : 0;
  }

  private static Optional<Double> allowed(Acceptance acceptance, Measure measure) {
    return isCounted(measure) && acceptance.bounds().isEmpty()
        ? acceptance.maxAccuracyDrop().or(() -> Optional.of(Acceptance.MAX_ACCURACY_DROP))
        : Optional.empty();
  }

  private static boolean isCounted(Measure measure) {
    return switch (measure) {
      case TOP1, ACCURACY, AGREEMENT -> true;
      default -> false;
    };
  }

  /** Of what compares with the original: equal to it. */
  private static double best(Measure measure) {
    return measure.direction() == Measure.Direction.HIGHER ? 1 : 0;
  }

  Trial with(Found other) {
    return new Trial(number, round, point, Optional.of(other), reason, seconds);
  }

  /** A trial that could not run. */
  public static Trial failed(int number, int round, Point point, String reason, double seconds) {
    return new Trial(number, round, point, Optional.empty(), reason, seconds);
  }
}
