package dev.secateur.plan;

import java.util.OptionalInt;

/**
 * What to do to a model, completely: two runs of one plan on the same inputs give the same bytes.
 */
public record Plan(
    Preprocessing preprocessing,
    Pruning pruning,
    FineTuning fineTuning,
    Quantization quantization,
    Representative representative,
    Acceptance acceptance) {
  /**
   * TensorFlow Model Optimization's defaults with more frequent updates: a run of a few hundred
   * steps then follows the schedule instead of jumping to its end.
   */
  static final Pruning RECOMMENDED_PRUNING =
      new Pruning(Pruning.Schedule.POLYNOMIAL_DECAY, 0, 0.5, 0, OptionalInt.empty(), 10);

  /** Half of the weights pruned by the recommended recipe, INT8 with float input and output. */
  public static final Plan DEFAULT =
      new Plan(
          Preprocessing.NONE,
          RECOMMENDED_PRUNING,
          FineTuning.RECOMMENDED,
          Quantization.DEFAULT,
          Representative.DEFAULT,
          Acceptance.DEFAULT);
}
