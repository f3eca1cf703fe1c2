package dev.secateur.keras;

import java.util.List;
import java.util.Optional;

/**
 * What the file says about how it was trained.
 *
 * @param losses one for all outputs, one an output in their order, or some that name their output
 */
public record TrainingConfig(List<Loss> losses) {
  public TrainingConfig {
    losses = List.copyOf(losses);
  }

  /**
   * The loss of one of the model's outputs.
   *
   * @param index the output's place among {@code outputs}
   */
  public Optional<Loss> loss(String output, int index, int outputs) {
    if (losses.stream().anyMatch(l -> l.output().isPresent())) {
      return losses.stream().filter(l -> l.output().filter(output::equals).isPresent()).findFirst();
    }
    if (losses.size() == 1) {
      return Optional.of(losses.get(0));
    }
    return losses.size() == outputs
        ? Optional.of(losses.get(index)).filter(l -> !l.name().isEmpty())
        : Optional.empty();
  }

  /**
   * A loss of Keras.
   *
   * @param output that it is for, where the file names it
   * @param name Keras' function name in snake case, such as {@code
   *     sparse_categorical_crossentropy}; empty for an output that has none
   * @param fromLogits whether the outputs are logits
   * @param labelSmoothing in [0, 1)
   */
  public record Loss(
      Optional<String> output, String name, boolean fromLogits, double labelSmoothing) {}
}
