package dev.secateur.plan;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.EnumNamingStrategies;
import com.fasterxml.jackson.databind.annotation.EnumNaming;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Looks for the plan that makes a model smallest within its acceptance. What the plan beside it
 * says of pruning, epochs and scheme is not run as it stands: each trial has its own.
 *
 * @param objective what shall be small
 * @param trials how many points are tried, at most
 * @param epochs that a trial may train, at most; where there is no training set, none does
 * @param schemes in which the network may be quantized: as plans name them, or {@link #FOUR_BITS}
 * @param channels whether channels may be removed
 * @param heldOut samples that decide which trial is within the acceptance: the evaluation set
 *     decides nothing; empty: a fifth of the training set, at most {@value #HELD_OUT}
 * @param processorMinutes of all trials that ran, counted in threads: once they have taken so many,
 *     no other round is started
 * @param deadlineMinutes after its start, the search starts no other round of trials
 * @param maxBytes of the file, for a device's flash
 * @param maxMemory of its activations in bytes, for a device's RAM
 */
public record Search(
    Objective objective,
    int trials,
    int epochs,
    List<String> schemes,
    boolean channels,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Integer> heldOut,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Double> processorMinutes,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Double> deadlineMinutes,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Long> maxBytes,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Long> maxMemory) {
  /** They tell a drop of one percent from none; more are missing where the network learns. */
  public static final int HELD_OUT = 2000;

  /** INT8 whose kernels have four bits: a plan's scheme {@code int8} with {@code weightBits} 4. */
  public static final String FOUR_BITS = "int8-4";

  /** What is made small. */
  @EnumNaming(EnumNamingStrategies.LowerCamelCaseStrategy.class)
  public enum Objective {
    BYTES,
    /** Of a zip that holds the file. */
    ZIPPED_BYTES,
    /** Multiplications with additions, of one sample. */
    MACS,
    /** The most that the activations of one sample take at once. */
    MEMORY,
    /** Of one sample, on the machine that tries it. */
    LATENCY
  }

  public static final Search DEFAULT =
      new Search(
          Objective.ZIPPED_BYTES,
          24,
          5,
          List.of("int8", FOUR_BITS),
          true,
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());

  public Search {
    schemes = List.copyOf(schemes);
    atLeastOne("trials", trials);
    heldOut.ifPresent(n -> atLeastOne("heldOut", n));
    if (epochs < 0) {
      throw new IllegalArgumentException("epochs: must be 0 or more");
    }
    if (schemes.isEmpty()) {
      throw new IllegalArgumentException("schemes: name one at least");
    }
    processorMinutes.ifPresent(m -> positive("processorMinutes", m));
    deadlineMinutes.ifPresent(m -> positive("deadlineMinutes", m));
  }

  /** How many samples are held out, of sets that have five times as many. */
  public int heldOutSamples() {
    return heldOut.orElse(HELD_OUT);
  }

  /** What a share of channels is of that go for the objective's sake. */
  public ChannelTarget.Of channelsOf() {
    return switch (objective) {
      case BYTES, ZIPPED_BYTES -> ChannelTarget.Of.BYTES;
      case MEMORY -> ChannelTarget.Of.MEMORY;
      case MACS, LATENCY -> ChannelTarget.Of.MACS;
    };
  }

  /**
   * What a share of channels is of. Where a network that has all of them lacks room for something
   * else than the objective, multiplications, since channels that go by these take some of each.
   *
   * @param bytes of that network's file
   * @param memory of its activations; what is not known does not fit
   */
  public ChannelTarget.Of channelsOf(long bytes, Optional<Long> memory) {
    ChannelTarget.Of own = channelsOf();
    boolean room =
        switch (own) {
          case BYTES -> maxMemory.filter(most -> memory.filter(m -> m <= most).isEmpty()).isEmpty();
          case MEMORY -> maxBytes.filter(most -> bytes > most).isEmpty();
          case MACS, BOTH -> true;
        };
    return room ? own : ChannelTarget.Of.MACS;
  }

  /**
   * What of a file the plan's device has no room for.
   *
   * @param memory of its activations; what is not known does not fit
   */
  public List<String> misfits(long bytes, Optional<Long> memory) {
    List<String> misfits = new ArrayList<>();
    maxBytes
        .filter(most -> bytes > most)
        .ifPresent(
            most ->
                misfits.add(
                    String.format(
                        Locale.ROOT, "it has %,d bytes, search.maxBytes is %,d", bytes, most)));
    maxMemory
        .filter(most -> memory.filter(m -> m <= most).isEmpty())
        .ifPresent(
            most ->
                misfits.add(
                    String.format(
                        Locale.ROOT,
                        "its activations take %s bytes, search.maxMemory is %,d",
                        memory.map(m -> String.format(Locale.ROOT, "%,d", m)).orElse("unknown"),
                        most)));
    return misfits;
  }

  /**
   * How many times the room of the plan's device a file takes, of what is scarcest; 1 where it
   * fits.
   *
   * @param memory of its activations; what is not known does not fit
   */
  public double excess(long bytes, Optional<Long> memory) {
    double flash = maxBytes.map(most -> (double) bytes / most).orElse(1.0);
    double ram =
        maxMemory
            .map(most -> memory.map(m -> (double) m / most).orElse(Double.POSITIVE_INFINITY))
            .orElse(1.0);
    return Math.max(1, Math.max(flash, ram));
  }

  private static void atLeastOne(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + ": must be 1 or more");
    }
  }

  private static void positive(String name, double value) {
    if (!(value > 0)) {
      throw new IllegalArgumentException(name + ": must be positive");
    }
  }
}
