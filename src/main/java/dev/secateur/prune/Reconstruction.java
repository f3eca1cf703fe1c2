package dev.secateur.prune;

import dev.secateur.graph.Graph;
import dev.secateur.graph.channel.Axis;
import dev.secateur.graph.channel.Channels;
import dev.secateur.plan.ZeroPattern;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Prunes without training, kernel by kernel in the network's order: each layer is asked to say, on
 * what it reads in the network pruned so far, what it said in the original on what it read there.
 * Needs a few hundred samples and no targets.
 *
 * <p>One thread at a time.
 */
public final class Reconstruction {
  /** Batches that sensitivity is measured on. */
  static final int SENSITIVITY_BATCHES = 8;

  /** Half a minute of one core for the widest layers; what is narrower needs less. */
  private static final double WORK = 5e11;

  /** Matrices of its inputs that a layer's moments and its problem have in memory at once. */
  private static final int MATRICES = 8;

  private final Samples samples;

  public Reconstruction(Samples samples) {
    this.samples = samples;
  }

  /**
   * What pruning takes at most beside the weights, in bytes: values of samples, a layer's matrices,
   * and networks that are run at once.
   *
   * @param values bytes that the values may take, as {@link Samples#count} is told
   * @param batch samples that a network is run on
   * @param threads that may run one
   */
  public static long bytes(Graph network, long values, int batch, int threads) {
    long widest =
        PrunableLayer.of(network).stream().mapToLong(l -> l.rows(network)).max().orElse(0);
    return Samples.bytes(network, values)
        + MATRICES * widest * widest * Double.BYTES
        + Sensitivity.bytes(network, batch, threads);
  }

  /**
   * What each kernel of a network costs, alone.
   *
   * @throws java.util.concurrent.CancellationException if the samples' {@code cancelled} said so
   */
  public Sensitivity sensitivity(Graph original, Divergence divergence) {
    return Sensitivity.measure(original, samples.first(SENSITIVITY_BATCHES), divergence);
  }

  /**
   * The network pruned: kernels have as many non-zeros as allocated; biases, and the means of batch
   * normalisations, are what makes each layer's mean output the original's.
   *
   * @throws java.util.concurrent.CancellationException if the samples' {@code cancelled} said so
   */
  public Graph prune(Graph original, KernelBudgets allocation) {
    return prune(original, allocation, Optional.empty());
  }

  /**
   * The same, with zeros that go together.
   *
   * @param pattern empty: single ones
   */
  public Graph prune(Graph original, KernelBudgets allocation, Optional<ZeroPattern> pattern) {
    Graph pruned = original;
    Activations before = samples.of(original);
    Activations now = samples.of(original);
    for (PrunableKernel kernel : PrunableKernel.of(original)) {
      samples.checkCancelled();
      before.advance(original, kernel.index());
      now.advance(pruned, kernel.index());
      try (Choices choices =
          Choices.of(kernel, original, before, now, pattern, samples.threads(), WORK)) {
        pruned = pruned.withWeights(choices.keeping(allocation.kept().get(kernel.kernel())));
      }
    }
    return pruned;
  }

  /**
   * What each group of channels costs, alone.
   *
   * @throws java.util.concurrent.CancellationException if the samples' {@code cancelled} said so
   */
  public ChannelSensitivity sensitivity(
      Graph original, Channels channels, Divergence divergence, OutputInformation information) {
    return ChannelSensitivity.measure(original, channels, samples, divergence, information);
  }

  /**
   * The network without some units of its channels, and with the weights with which what is left
   * best says what it said: each layer on what it reads now.
   *
   * @throws java.util.concurrent.CancellationException if the samples' {@code cancelled} said so
   */
  public Graph without(Graph original, Channels channels, BitSet removed) {
    Graph narrow = channels.without(removed);
    Map<String, PrunableLayer> layers = new HashMap<>();
    PrunableLayer.of(original).forEach(l -> layers.put(l.kernel(), l));
    Activations before = samples.of(original);
    Activations now = samples.of(narrow);
    for (PrunableLayer layer : PrunableLayer.of(narrow)) {
      samples.checkCancelled();
      PrunableLayer whole = layers.get(layer.kernel());
      if (whole == null) {
        continue; // too large a matrix, and its inputs are what they were as nearly as can be
      }
      before.advance(original, layer.index());
      now.advance(narrow, layer.index());
      int axis = original.weights().get(layer.kernel()).shape().rank() - 1;
      List<Moments> moments =
          Moments.ofHalves(
              new Moments.Side(whole, original, new SampledRows(whole, original, before), before),
              new Moments.Side(layer, narrow, new SampledRows(layer, narrow, now), now),
              channels.kept(new Axis(layer.kernel(), axis), removed));
      Matrix weights =
          Regression.weights(moments.subList(0, 2), moments.get(2), layer.folded(narrow));
      boolean[] all = new boolean[weights.values().length];
      Arrays.fill(all, true);
      narrow =
          narrow.withWeights(
              layer.unfolded(
                  narrow, new LayerProblem.Solution(weights, all), moments.get(2).offset(weights)));
    }
    return narrow;
  }

  /** What the network has lost that is left without channels, on the first of the samples. */
  public ExpectedLoss lost(Graph original, Graph narrow, Divergence divergence) {
    Samples few = samples.first(SENSITIVITY_BATCHES);
    return ExpectedLoss.of(
        divergence, few.heads(divergence.ofHeads(original)), few.heads(divergence.ofHeads(narrow)));
  }
}
