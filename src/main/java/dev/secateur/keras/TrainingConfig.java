package dev.secateur.keras;

import java.util.List;

/**
 * What the file says about how it was trained.
 *
 * @param losses one a model output, or one for all outputs
 */
public record TrainingConfig(List<Loss> losses) {
  public TrainingConfig {
    losses = List.copyOf(losses);
  }

  /**
   * A loss of Keras.
   *
   * @param name Keras' function name in snake case, such as {@code sparse_categorical_crossentropy}
   * @param fromLogits whether the outputs are logits
   * @param labelSmoothing in [0, 1)
   */
  public record Loss(String name, boolean fromLogits, double labelSmoothing) {}
}
