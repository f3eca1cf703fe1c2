package dev.secateur.prune;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Tensor;
import java.util.Map;

/** What becomes of one kernel, for any number of entries that it keeps; several threads may ask. */
interface Choices extends AutoCloseable {
  /**
   * @return the network's weights that change, by name
   */
  Map<String, Tensor> keeping(int kept);

  /**
   * @param before the original's values, up to the kernel's node
   * @param now the pruned network's, likewise
   * @param threads for what is computed at once, for all choices
   * @param work multiplications that each choice may take
   */
  static Choices of(
      PrunableKernel kernel,
      Graph original,
      Activations before,
      Activations now,
      int threads,
      double work) {
    if (kernel instanceof PrunableLayer layer) {
      Moments moments = Moments.of(layer, original, before, now, threads);
      // Whoever evaluates what is not finite will say so.
      if (moments.finite()) {
        return new Reconstructing(
            layer,
            original,
            moments.means(),
            new LayerProblem(moments.h(), moments.c(), layer.folded(original), work));
      }
    }
    Tensor value = original.weights().get(kernel.kernel()).value();
    return kept -> Map.of(kernel.kernel(), largest(value, kept));
  }

  @Override
  default void close() {}

  /** Of a layer, by what it should say. */
  record Reconstructing(
      PrunableLayer layer, Graph original, Moments.Means means, LayerProblem problem)
      implements Choices {
    @Override
    public Map<String, Tensor> keeping(int kept) {
      LayerProblem.Solution solved = problem.solve(new Support.Largest(kept));
      return layer.unfolded(original, solved, means.offset(solved.weights()));
    }

    @Override
    public void close() {
      problem.close();
    }
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
