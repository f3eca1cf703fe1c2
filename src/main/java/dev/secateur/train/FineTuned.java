package dev.secateur.train;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Grid;
import dev.secateur.plan.FineTuning;
import dev.secateur.plan.Pruning;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a training run made.
 *
 * @param graph the network with the trained weights; pruned positions are exactly zero
 * @param steps batches that were trained on, over all epochs
 * @param resumedFrom the step of the checkpoint that the run went on from, if any
 * @param epochs one entry an epoch, also those before a resumption
 * @param pruning as it ran: {@code endStep} is always present
 * @param loss what was minimised; with {@code distilled} it names the original's output only
 * @param distilled whether the original's outputs were the targets
 * @param precision in which it computed; empty where nothing was trained
 * @param learningRate that the run began with
 * @param heldOut of a network that was reconstructed before: what training did to it; empty where
 *     nothing was held out
 * @param scales that the network has learned to be quantized with, by name of input or node; empty
 *     where it has not
 * @param grids that kernels stand on, where the network has learned that
 * @param sparsity reached fraction of zeros by name of each pruned weight, in the graph's order
 */
public record FineTuned(
    Graph graph,
    int steps,
    OptionalInt resumedFrom,
    List<TrainingListener.Epoch> epochs,
    Pruning pruning,
    FineTuning.Loss loss,
    boolean distilled,
    Optional<FineTuning.Precision> precision,
    Optional<Double> learningRate,
    Optional<HeldOut> heldOut,
    Map<String, Quantizing.Scale> scales,
    Map<String, Grid> grids,
    Map<String, Double> sparsity) {
  /**
   * The loss on samples that were not trained on. Where training made it worse, the network is the
   * one from before.
   */
  public record HeldOut(int samples, double before, double after) {
    public boolean worse() {
      return !(after < before);
    }
  }

  public FineTuned {
    epochs = List.copyOf(epochs);
    scales = Map.copyOf(scales);
    grids = Map.copyOf(grids);
    sparsity = Collections.unmodifiableMap(new LinkedHashMap<>(sparsity));
  }
}
