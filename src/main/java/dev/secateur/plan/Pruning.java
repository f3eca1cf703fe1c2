package dev.secateur.plan;

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
  public enum Schedule {
    POLYNOMIAL_DECAY,
    CONSTANT
  }

  public static final Pruning DEFAULT =
      new Pruning(Schedule.POLYNOMIAL_DECAY, 0, 0.5, 0, OptionalInt.empty(), 100);

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
