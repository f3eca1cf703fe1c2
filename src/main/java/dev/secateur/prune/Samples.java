package dev.secateur.prune;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Predictor;
import dev.secateur.graph.Tensor;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/**
 * The samples that a network is pruned on, and how it is run on them.
 *
 * @param batches as the network is fed: one tensor an input
 * @param predictors opens a network for inference
 * @param threads that may compute at once
 * @param cancelled asked between kernels
 */
public record Samples(
    List<List<Tensor>> batches, Predictors predictors, int threads, BooleanSupplier cancelled) {
  /** Opens networks for inference. */
  public interface Predictors {
    /**
     * @param threads that it may compute with
     */
    Predictor open(Graph network, int threads);
  }

  /** More help little: 128 lose some points of accuracy at 80 % sparsity, 1,024 win half a one. */
  private static final int MOST = 512;

  /** Layers that lose whole inputs have more to learn from more. */
  private static final int MOST_FOR_CHANNELS = 2048;

  /** Fewer say too little, whatever the memory. */
  private static final int LEAST = 32;

  /** The values of the original and of the pruned network, both. */
  private static final int NETWORKS = 2;

  public Samples {
    batches = List.copyOf(batches);
  }

  /**
   * How many samples to prune a network on.
   *
   * @param bytes that its values on them may take in memory
   */
  public static int count(Graph network, long bytes) {
    return count(network, bytes, MOST);
  }

  /**
   * How many samples to remove channels on.
   *
   * @param bytes that its values on them may take in memory
   */
  public static int countForChannels(Graph network, long bytes) {
    return count(network, bytes, MOST_FOR_CHANNELS);
  }

  private static int count(Graph network, long bytes, int most) {
    return (int) Math.max(LEAST, Math.min(most, bytes / each(network)));
  }

  /** What the values of so many samples take. */
  static long bytes(Graph network, long bytes) {
    return count(network, bytes) * each(network);
  }

  private static long each(Graph network) {
    return Math.max(Activations.mostFloats(network) * Float.BYTES * NETWORKS, 1);
  }

  /** Samples of a batch, at most. */
  int batch() {
    return batches.get(0).get(0).shape().dim(0);
  }

  /** How far another network is from the original, on a few of the samples. */
  public double divergence(Divergence divergence, Graph original, Graph other) {
    Samples few = first(Reconstruction.SENSITIVITY_BATCHES);
    return divergence.between(
        few.heads(divergence.ofHeads(original)), few.heads(divergence.ofHeads(other)));
  }

  /** Of a network whose outputs are its heads: each one's values, one tensor a batch. */
  List<List<Tensor>> heads(Graph network) {
    Activations values = of(network);
    values.advance(network, network.nodes().size());
    return network.outputs().stream().map(o -> values.value(o.value())).toList();
  }

  Activations of(Graph network) {
    return of(network, UnaryOperator.identity());
  }

  /**
   * @param seen as {@link Activations} has it
   */
  Activations of(Graph network, UnaryOperator<List<Tensor>> seen) {
    return new Activations(network, this, seen);
  }

  /** The same, for one of several threads. */
  Samples alone() {
    return new Samples(batches, predictors, 1, cancelled);
  }

  void checkCancelled() {
    if (cancelled.getAsBoolean()) {
      throw new CancellationException("pruning stopped");
    }
  }

  /** All batches but the first. */
  Samples after(int count) {
    int from = Math.min(count, batches.size() / 2);
    return new Samples(batches.subList(from, batches.size()), predictors, threads, cancelled);
  }

  /** The first batches. */
  Samples first(int count) {
    return new Samples(
        batches.subList(0, Math.min(count, batches.size())), predictors, threads, cancelled);
  }
}
