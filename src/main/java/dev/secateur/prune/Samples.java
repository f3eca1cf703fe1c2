package dev.secateur.prune;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Predictor;
import dev.secateur.graph.Tensor;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * The samples that a network is pruned on, and how it is run on them.
 *
 * @param batches as the network is fed: one tensor an input
 * @param predictors opens a network for inference
 * @param cancelled asked between kernels
 */
public record Samples(
    List<List<Tensor>> batches, Function<Graph, Predictor> predictors, BooleanSupplier cancelled) {
  public Samples {
    batches = List.copyOf(batches);
  }

  Activations of(Graph network) {
    return new Activations(network, predictors, batches);
  }

  void checkCancelled() {
    if (cancelled.getAsBoolean()) {
      throw new CancellationException("pruning stopped");
    }
  }

  /** The first batches. */
  Samples first(int count) {
    return new Samples(batches.subList(0, Math.min(count, batches.size())), predictors, cancelled);
  }
}
