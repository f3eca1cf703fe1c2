package dev.secateur.train;

import java.util.Optional;

/** Hears of a training run's progress. Called on the training thread; must return quickly. */
public interface TrainingListener {
  /** Hears nothing. */
  TrainingListener NONE = new TrainingListener() {};

  /** After some steps: not after each, since reading the loss costs time. */
  default void step(Step step) {}

  default void epoch(Epoch epoch) {}

  /**
   * @param step steps done, from 1
   * @param loss of that step's batch
   * @param sparsity over all pruned weights
   */
  record Step(int step, int steps, int epoch, int epochs, double loss, double sparsity) {}

  /**
   * Means over an epoch; validation is empty without a validation split.
   *
   * @param accuracy top-1 against the labels or, without labels, against the original's top-1;
   *     empty where the output has no classes
   * @param learningRate at the epoch's end
   */
  record Epoch(
      double loss,
      Optional<Double> accuracy,
      Optional<Double> validationLoss,
      Optional<Double> validationAccuracy,
      double sparsity,
      double learningRate) {}
}
