package dev.secateur.plan;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.EnumNamingStrategies;
import com.fasterxml.jackson.databind.annotation.EnumNaming;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Which weights go, and when.
 *
 * @param method how they are chosen
 * @param allocation how the target is shared out over the kernels; magnitude pruning promises it to
 *     each
 * @param schedule how sparsity moves between {@code beginStep} and {@code endStep}, as TensorFlow
 *     Model Optimization defines it; like the other fields of the schedule it says nothing where
 *     weights are reconstructed, all at once
 * @param initialSparsity in [0, 1)
 * @param finalSparsity in [0, 1); 0 means fine-tuning without pruning
 * @param endStep empty for "auto": fitted to the steps that will run
 * @param frequency steps between mask updates
 * @param channels that go as a whole, before any weight does; empty: none
 * @param pattern of the zeros; empty: wherever they cost least
 */
public record Pruning(
    Method method,
    Allocation allocation,
    Schedule schedule,
    double initialSparsity,
    double finalSparsity,
    int beginStep,
    OptionalInt endStep,
    int frequency,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<ChannelTarget> channels,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<ZeroPattern> pattern) {
  /** How weights are chosen. */
  @EnumNaming(EnumNamingStrategies.KebabCaseStrategy.class)
  public enum Method {
    /** The smallest, while the network is trained. */
    MAGNITUDE,
    /** Before any training: those without which each layer can best be made to say what it said. */
    RECONSTRUCT
  }

  /** How a target is shared out over the kernels. */
  @EnumNaming(EnumNamingStrategies.KebabCaseStrategy.class)
  public enum Allocation {
    /** Each kernel gets it. */
    UNIFORM,
    /** All together get it: by each weight's share in its kernel. */
    LAMP,
    /** All together get it: by what was measured that each kernel's zeros cost the outputs. */
    SENSITIVITY
  }

  /** The shape of the schedule. */
  @EnumNaming(EnumNamingStrategies.KebabCaseStrategy.class)
  public enum Schedule {
    POLYNOMIAL_DECAY,
    CONSTANT
  }

  private static final double HALF = 0.5;

  /** TensorFlow Model Optimization's own defaults. */
  public static final Pruning DEFAULT =
      new Pruning(Schedule.POLYNOMIAL_DECAY, 0, 0.5, 0, OptionalInt.empty(), 100);

  /**
   * For magnitude pruning by the recommended recipe: with more frequent updates a run of a few
   * hundred steps follows the schedule to its end.
   */
  static final Pruning OFTEN =
      new Pruning(Schedule.POLYNOMIAL_DECAY, 0, 0.5, 0, OptionalInt.empty(), 10);

  /** Half of all weights, wherever they cost least. */
  static final Pruning RECONSTRUCTED =
      new Pruning(
          Method.RECONSTRUCT,
          Allocation.SENSITIVITY,
          Schedule.CONSTANT,
          0,
          0.5,
          0,
          OptionalInt.empty(),
          1,
          Optional.empty(),
          Optional.empty());

  /** Magnitude pruning: the same sparsity for each kernel. */
  public Pruning(
      Schedule schedule,
      double initialSparsity,
      double finalSparsity,
      int beginStep,
      OptionalInt endStep,
      int frequency) {
    this(
        Method.MAGNITUDE,
        Allocation.UNIFORM,
        schedule,
        initialSparsity,
        finalSparsity,
        beginStep,
        endStep,
        frequency,
        Optional.empty(),
        Optional.empty());
  }

  /** Where the fields that a plan leaves out come from. */
  public static Pruning of(FineTuning.Recipe recipe) {
    return switch (recipe) {
      case TUTORIAL -> DEFAULT;
      case RECOMMENDED, INSTANT -> RECONSTRUCTED;
    };
  }

  /** The same, for a plan that names its method. */
  static Pruning of(FineTuning.Recipe recipe, Method method) {
    return switch (method) {
      case RECONSTRUCT -> RECONSTRUCTED;
      case MAGNITUDE -> recipe == FineTuning.Recipe.TUTORIAL ? DEFAULT : OFTEN;
    };
  }

  /** This with no weight but those of channels to go: what who asks for channels alone means. */
  Pruning withoutZeros() {
    return new Pruning(
        method,
        allocation,
        schedule,
        0,
        0,
        beginStep,
        endStep,
        frequency,
        channels,
        Optional.empty());
  }

  /** This with half of each kernel to go: what who asks for two of every four means. */
  Pruning halved() {
    return new Pruning(
        method,
        Allocation.UNIFORM,
        schedule,
        initialSparsity,
        HALF,
        beginStep,
        endStep,
        frequency,
        channels,
        Optional.empty());
  }

  public Pruning {
    sparsity("initialSparsity", initialSparsity);
    sparsity("finalSparsity", finalSparsity);
    if (method == Method.MAGNITUDE && allocation != Allocation.UNIFORM) {
      throw new IllegalArgumentException(
          "allocation: the method magnitude gives each kernel the same sparsity (uniform); lamp and"
              + " sensitivity need the method reconstruct");
    }
    if (pattern.isPresent() && method == Method.MAGNITUDE) {
      throw new IllegalArgumentException("pattern: needs the method reconstruct");
    }
    if (pattern.filter(ZeroPattern.TwoOfFour.class::isInstance).isPresent()
        && (finalSparsity != HALF || allocation != Allocation.UNIFORM)) {
      throw new IllegalArgumentException(
          "pattern: 2:4 makes half of each kernel zero (a finalSparsity of 0.5, the allocation"
              + " uniform)");
    }
    if (beginStep < 0) {
      throw new IllegalArgumentException("beginStep: must be 0 or more");
    }
    if (endStep.isPresent() && endStep.getAsInt() < beginStep) {
      throw new IllegalArgumentException("endStep: must not be before beginStep " + beginStep);
    }
    if (frequency < 1) {
      throw new IllegalArgumentException("frequency: must be 1 or more");
    }
  }

  private static void sparsity(String name, double value) {
    if (!(value >= 0)) {
      throw new IllegalArgumentException(name + ": must be 0 or more");
    }
    if (!(value < 1)) {
      throw new IllegalArgumentException(name + ": must be below 1");
    }
  }
}
