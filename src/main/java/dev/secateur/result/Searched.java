package dev.secateur.result;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.EnumNamingStrategies;
import com.fasterxml.jackson.databind.annotation.EnumNaming;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.plan.Measure;
import dev.secateur.plan.Search.Objective;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The search that a result was found by. All trials were measured on samples that were held out;
 * the evaluation set compared none, and only said of the best whether it will do.
 *
 * @param objective what was to be small
 * @param heldOut samples that decided
 * @param best the trial whose plan the result is of
 * @param refused smaller trials that the evaluation set refused before
 * @param unmade what was to follow where the evaluation set refused this one too
 * @param front the trials that no other beats, smallest by the objective first
 * @param optimism empty where the result was judged on what was held out
 * @param processorSeconds of all trials
 */
public record Searched(
    Objective objective,
    int heldOut,
    int best,
    List<Integer> refused,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Unmade> unmade,
    List<Tried> trials,
    List<OnFront> front,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Optimism> optimism,
    double processorSeconds) {
  public Searched {
    refused = List.copyOf(refused);
    trials = List.copyOf(trials);
    front = List.copyOf(front);
  }

  /** What was to be small, in words. */
  public String sizeName() {
    return switch (objective) {
      case BYTES -> "bytes";
      case ZIPPED_BYTES -> "bytes, zipped";
      case MACS -> "multiplications";
      case MEMORY -> "bytes of activations";
      case LATENCY -> "microseconds a sample";
    };
  }

  /** That of a trial; empty where it is not known. */
  public Optional<Double> size(Tried trial) {
    return trial.figures().flatMap(this::size);
  }

  private Optional<Double> size(Figures figures) {
    return switch (objective) {
      case BYTES -> Optional.of((double) figures.bytes());
      case ZIPPED_BYTES -> Optional.of((double) figures.zippedBytes());
      case MACS -> figures.macs().map(Long::doubleValue);
      case MEMORY -> figures.memory().map(Long::doubleValue);
      case LATENCY -> Optional.of(figures.latencyMicros());
    };
  }

  /** The trials of the front by size, smallest first. */
  public List<Tried> bySize() {
    return front.stream()
        .filter(f -> f.objectives().contains(objective))
        .map(f -> trials.get(f.trial() - 1))
        .toList();
  }

  private Measure measure() {
    return front.isEmpty() ? Measure.LOSS : front.get(0).measure();
  }

  /** The task's foremost measure, for people. */
  public String measureName() {
    return MeasureText.name(measure());
  }

  /** That of a trial; empty where it could not be told. */
  public Optional<Double> value(Tried trial) {
    return trial.figures().flatMap(f -> Optional.ofNullable(f.measures().get(measure())));
  }

  /** A value of the measure, with its unit. */
  public String text(double value) {
    return MeasureText.value(measure(), value);
  }

  /** A difference of two values, with its unit. */
  public String difference(double value) {
    return MeasureText.difference(measure(), value);
  }

  /** A trial that was chosen, and why it could not be made as a whole. */
  public record Unmade(int trial, String reason) {}

  /** How a trial ended. */
  @EnumNaming(EnumNamingStrategies.LowerCamelCaseStrategy.class)
  public enum Ending {
    /** Its measures meet the acceptance. */
    WITHIN,
    BEYOND,
    FAILED
  }

  /**
   * A trial.
   *
   * @param round trials of one round were decided on together
   * @param ending within the acceptance, beyond it, or failed
   * @param figures empty where it failed
   * @param plan that makes this model from the same inputs
   */
  public record Tried(
      int trial,
      int round,
      double sparsity,
      double channels,
      String scheme,
      int epochs,
      Ending ending,
      String reason,
      @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Figures> figures,
      double processorSeconds,
      ObjectNode plan) {
    /** The ending, in a word. */
    public String ended() {
      return ending.name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * What was measured of a trial.
   *
   * @param expectedDrop of accuracy, by the original's own probabilities
   */
  public record Figures(
      Map<Measure, Double> measures,
      @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Double> expectedDrop,
      double divergence,
      long bytes,
      long zippedBytes,
      @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Long> macs,
      @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Long> memory,
      double latencyMicros) {}

  /**
   * A trial of the front.
   *
   * @param objectives by which it is: no trial is better by the measure and smaller by one of these
   * @param loss how much worse the foremost measure is than the original's
   */
  public record OnFront(
      int trial,
      List<Objective> objectives,
      Measure measure,
      double loss,
      Map<Measure, Double> measures,
      double divergence,
      long bytes,
      long zippedBytes,
      @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Long> macs,
      @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Long> memory,
      double latencyMicros) {}

  /**
   * How much better the best looked on the samples that it was chosen by.
   *
   * @param heldOut its loss of the measure there
   * @param evaluation its loss on the evaluation set
   */
  public record Optimism(Measure measure, double heldOut, double evaluation) {
    /** Above zero where the evaluation set thinks less of it. */
    @JsonProperty
    public double difference() {
      return evaluation - heldOut;
    }
  }
}
