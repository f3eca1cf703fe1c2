package dev.secateur.plan;

import com.fasterxml.jackson.databind.EnumNamingStrategies;
import com.fasterxml.jackson.databind.annotation.EnumNaming;
import java.util.OptionalInt;

/**
 * The sparsity schedule of magnitude pruning, as TensorFlow Model Optimization defines it.
 *
 * @param schedule how sparsity moves between {@code beginStep} and {@code endStep}
 * @param initialSparsity in [0, 1)
 * @param finalSparsity in [0, 1); 0 means fine-tuning without pruning
 * @param endStep empty for "auto": fitted to the steps that will run
 * @param frequency steps between mask updates
 */
public record Pruning(
    Schedule schedule,
    double initialSparsity,
    double finalSparsity,
    int beginStep,
    OptionalInt endStep,
    int frequency) {
  /** The shape of the schedule. */
  @EnumNaming(EnumNamingStrategies.KebabCaseStrategy.class)
  public enum Schedule {
    POLYNOMIAL_DECAY,
    CONSTANT
  }

  /** TensorFlow Model Optimization's own defaults. */
  public static final Pruning DEFAULT =
      new Pruning(Schedule.POLYNOMIAL_DECAY, 0, 0.5, 0, OptionalInt.empty(), 100);

  /** With more frequent updates a run of a few hundred steps follows the schedule to its end. */
  static final Pruning RECOMMENDED =
      new Pruning(Schedule.POLYNOMIAL_DECAY, 0, 0.5, 0, OptionalInt.empty(), 10);

  /** Where the fields that a plan leaves out come from. */
  public static Pruning of(FineTuning.Recipe recipe) {
    return switch (recipe) {
      case RECOMMENDED -> RECOMMENDED;
      case TUTORIAL -> DEFAULT;
    };
  }

  public Pruning {
    sparsity("initialSparsity", initialSparsity);
    sparsity("finalSparsity", finalSparsity);
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
