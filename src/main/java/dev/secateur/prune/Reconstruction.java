package dev.secateur.prune;

import dev.secateur.graph.Graph;

/**
 * Prunes without training, kernel by kernel in the network's order: each layer is asked to say, on
 * what it reads in the network pruned so far, what it said in the original on what it read there.
 * Needs a few hundred samples and no targets.
 *
 * <p>One thread at a time.
 */
public final class Reconstruction implements AutoCloseable {
  /** Batches that sensitivity is measured on. */
  private static final int SENSITIVITY_BATCHES = 8;

  private final LinearAlgebra algebra;
  private final Samples samples;

  /**
   * @param threads for linear algebra
   */
  public Reconstruction(Samples samples, int threads) {
    this.algebra = new LinearAlgebra(threads);
    this.samples = samples;
  }

  /**
   * What each kernel of a network costs, alone.
   *
   * @throws java.util.concurrent.CancellationException if the samples' {@code cancelled} said so
   */
  public Sensitivity sensitivity(Graph original, Divergence divergence) {
    return Sensitivity.measure(algebra, original, samples.first(SENSITIVITY_BATCHES), divergence);
  }

  /**
   * The network pruned: kernels have as many non-zeros as allocated; biases, and the means of batch
   * normalisations, are what makes each layer's mean output the original's.
   *
   * @throws java.util.concurrent.CancellationException if the samples' {@code cancelled} said so
   */
  public Graph prune(Graph original, KernelBudgets allocation) {
    Graph pruned = original;
    Activations before = samples.of(original);
    Activations now = samples.of(original);
    for (PrunableKernel kernel : PrunableKernel.of(original)) {
      samples.checkCancelled();
      before.advance(original, kernel.index());
      now.advance(pruned, kernel.index());
      pruned =
          pruned.withWeights(
              Choices.of(algebra, kernel, original, before, now)
                  .keeping(allocation.kept().get(kernel.kernel())));
    }
    return pruned;
  }

  @Override
  public void close() {
    algebra.close();
  }
}
