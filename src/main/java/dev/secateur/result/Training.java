package dev.secateur.result;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How fine-tuning went.
 *
 * @param steps batches that were trained on, over all epochs
 * @param resumedFrom the step of the checkpoint that it went on from
 * @param schedule the updates of the masks
 */
public record Training(
    int steps, OptionalInt resumedFrom, List<Epoch> epochs, List<SchedulePoint> schedule) {
  public Training {
    epochs = List.copyOf(epochs);
    schedule = List.copyOf(schedule);
  }

  /**
   * Means over an epoch; validation is empty without a validation split.
   *
   * @param accuracy top-1 against the labels or, without labels, against the original's top-1;
   *     empty where the output has no classes
   * @param learningRate at the epoch's end
   */
  public record Epoch(
      double loss,
      Optional<Double> accuracy,
      Optional<Double> validationLoss,
      Optional<Double> validationAccuracy,
      double sparsity,
      double learningRate) {}

  /** A step at which masks were made, and the sparsity that they were made for. */
  public record SchedulePoint(int step, double sparsity) {}
}
