package dev.secateur.train;

import dev.secateur.dataset.Dataset;
import dev.secateur.graph.Graph;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Trains a network while it is pruned. */
public final class FineTuner {
  private FineTuner() {}

  /**
   * @param train samples of the network's input shape, preprocessed
   * @param fileLoss the loss that the model's file names, if it does; {@code how.loss()} goes first
   * @param checkpoints where to resume from and what to leave behind
   * @param cancelled asked after each step; when true, a checkpoint is saved and the run stops
   * @param threads that TensorFlow may use
   * @throws TrainingException if the network or the data cannot be trained as asked
   * @throws TrainingCancelled if {@code cancelled} said so
   */
  public static FineTuned fineTune(
      Graph network,
      Dataset train,
      FineTuning how,
      Pruning pruning,
      Optional<FineTuning.Loss> fileLoss,
      Checkpoints checkpoints,
      TrainingListener listener,
      BooleanSupplier cancelled,
      int threads) {
    throw new UnsupportedOperationException("not yet");
  }
}
