package dev.secateur.prune;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.plan.ZeroPattern;
import java.util.Map;
import java.util.Optional;

/** What becomes of one kernel, for any number of entries that it keeps; several threads may ask. */
interface Choices extends AutoCloseable {
  /**
   * @return the network's weights that change, by name
   */
  Map<String, Tensor> keeping(int kept);

  /**
   * @param before the original's values, up to the kernel's node
   * @param now the pruned network's, likewise
   * @param pattern of the zeros; empty: single ones
   * @param threads for what is computed at once, for all choices
   * @param work multiplications that each choice may take
   */
  static Choices of(
      PrunableKernel kernel,
      Graph original,
      Activations before,
      Activations now,
      Optional<ZeroPattern> pattern,
      int threads,
      double work) {
    if (kernel instanceof PrunableLayer layer) {
      Moments moments = Moments.of(layer, original, before, now, threads);
      // Whoever evaluates what is not finite will say so.
      if (moments.finite()) {
        return new Reconstructing(
            layer,
            original,
            pattern,
            moments.means(),
            new LayerProblem(moments.h(), moments.c(), layer.folded(original), work));
      }
    }
    Tensor value = original.weights().get(kernel.kernel()).value();
    boolean transposed = original.nodes().get(kernel.index()).op() instanceof Op.Conv2DTranspose;
    return kept ->
        Map.of(
            kernel.kernel(),
            pattern.isEmpty() ? largest(value, kept) : largest(value, pattern, kept, transposed));
  }

  @Override
  default void close() {}

  /** Of a layer, by what it should say. */
  record Reconstructing(
      PrunableLayer layer,
      Graph original,
      Optional<ZeroPattern> pattern,
      Moments.Means means,
      LayerProblem problem)
      implements Choices {
    @Override
    public Map<String, Tensor> keeping(int kept) {
      Shape kernel = original.weights().get(layer.kernel()).shape();
      LayerProblem.Solution solved =
          problem.solve(Support.of(pattern, kept, kernel.dim(kernel.rank() - 2)));
      return layer.unfolded(original, solved, means.offset(solved.weights()));
    }

    @Override
    public void close() {
      problem.close();
    }
  }

  /**
   * @param transposed whether a kernel's last axis is that of its inputs
   */
  private static Tensor largest(
      Tensor value, Optional<ZeroPattern> pattern, int kept, boolean transposed) {
    int last = value.shape().last();
    int others = value.values().length / last;
    double[] entries = new double[value.values().length];
    for (int i = 0; i < entries.length; i++) {
      entries[transposed ? i % last * others + i / last : i] = value.values()[i];
    }
    Matrix matrix =
        transposed ? new Matrix(last, others, entries) : new Matrix(others, last, entries);
    int channels = transposed ? last : value.shape().dim(value.shape().rank() - 2);
    boolean[] stays = Support.of(pattern, kept, channels).of(matrix);
    float[] values = value.values().clone();
    for (int i = 0; i < values.length; i++) {
      if (!stays[transposed ? i % last * others + i / last : i]) {
        values[i] = 0;
      }
    }
    return new Tensor(value.shape(), values);
  }

  private static Tensor largest(Tensor value, int kept) {
    float threshold = Masks.threshold(value.values(), Math.max(kept, 1));
    float[] values = value.values().clone();
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.abs(values[i]) >= threshold ? values[i] : 0f;
    }
    return new Tensor(value.shape(), values);
  }
}
