package dev.secateur.prune;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Grid;
import dev.secateur.graph.Op;
import dev.secateur.graph.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;

/**
 * Rounds kernels to few levels without training, layer by layer in the network's order: each layer
 * is asked to say, with the levels that it has and on what it reads in the network rounded so far,
 * what it said in the original on what it read there. Values between the layers are rounded to INT8
 * on the way, as they will be in the file. Needs a few hundred samples and no targets.
 *
 * <p>One thread at a time.
 */
public final class Rounding {
  /**
   * @param network with kernels that stand on their grids, and biases that make each layer's mean
   *     output the original's
   * @param grids by kernel
   */
  public record Rounded(Graph network, Map<String, Grid> grids) {
    public Rounded {
      grids = Map.copyOf(grids);
    }
  }

  private final Samples samples;

  public Rounding(Samples samples) {
    this.samples = samples;
  }

  /**
   * @param original as it runs at inference: what can be folded is
   * @param most the largest level of each kernel that can be rounded so, by its name; 0: it stays
   *     as it is
   * @param oneStepDense whether dense kernels of eight bits have one step too
   * @throws java.util.concurrent.CancellationException if the samples' {@code cancelled} said so
   */
  public Rounded round(Graph original, ToIntFunction<String> most, boolean oneStepDense) {
    Graph rounded = original;
    Map<String, Grid> grids = new HashMap<>();
    Activations before = samples.of(original);
    Activations now = samples.of(original, EightBits::rounded);
    for (PrunableKernel kernel : PrunableKernel.of(original)) {
      Op op = original.nodes().get(kernel.index()).op();
      int levels = most.applyAsInt(kernel.kernel());
      if (!isRounded(op) || levels == 0) {
        continue;
      }
      samples.checkCancelled();
      boolean one = hasOneStep(op, levels, oneStepDense);
      Step step =
          kernel instanceof PrunableLayer layer
              ? reconstructed(layer, original, rounded, before, now, levels, one)
              : nearest(kernel.kernel(), original, levels, one);
      rounded = rounded.withWeights(step.weights());
      grids.put(kernel.kernel(), new Grid(levels, step.steps()));
    }
    return new Rounded(rounded, grids);
  }

  /**
   * The same form without samples: each entry becomes the nearest level.
   *
   * @param original as it runs at inference
   * @param most the largest level of each kernel that can be rounded so, by its name; 0: it stays
   *     as it is
   * @param oneStepDense whether dense kernels of eight bits have one step too
   */
  public static Rounded nearest(Graph original, ToIntFunction<String> most, boolean oneStepDense) {
    Graph rounded = original;
    Map<String, Grid> grids = new HashMap<>();
    for (PrunableKernel kernel : PrunableKernel.of(original)) {
      Op op = original.nodes().get(kernel.index()).op();
      int levels = most.applyAsInt(kernel.kernel());
      if (isRounded(op) && levels > 0) {
        boolean one = hasOneStep(op, levels, oneStepDense);
        Step step = nearest(kernel.kernel(), original, levels, one);
        rounded = rounded.withWeights(step.weights());
        grids.put(kernel.kernel(), new Grid(levels, step.steps()));
      }
    }
    return new Rounded(rounded, grids);
  }

  /** Runtimes take a dense kernel of four bits with one step only. */
  private static boolean hasOneStep(Op op, int levels, boolean oneStepDense) {
    return op instanceof Op.Dense && (oneStepDense || levels == Grid.FOUR_BITS);
  }

  /** Kernels of which runtimes know forms of four bits. */
  private static boolean isRounded(Op op) {
    return op instanceof Op.Dense || (op instanceof Op.Conv2D conv && conv.groups() == 1);
  }

  /** The weights that change, and the steps of the kernel among them. */
  private record Step(Map<String, Tensor> weights, List<Float> steps) {}

  private Step reconstructed(
      PrunableLayer layer,
      Graph original,
      Graph rounded,
      Activations before,
      Activations now,
      int levels,
      boolean one) {
    before.advance(original, layer.index());
    now.advance(rounded, layer.index());
    Moments moments = Moments.of(layer, original, before, now, samples.threads());
    if (!moments.finite()) {
      // Whoever evaluates it will say so.
      return nearest(layer.kernel(), original, levels, one);
    }
    RoundingProblem.Solution solved =
        new RoundingProblem(moments.h(), moments.c(), layer.folded(original)).solve(levels, one);
    return new Step(
        layer.replaced(original, solved.weights(), moments.offset(solved.weights())),
        solved.steps());
  }

  /** A kernel that no one matrix describes, or too large a one: each entry for itself. */
  private static Step nearest(String kernel, Graph original, int levels, boolean one) {
    Tensor value = original.weights().get(kernel).value();
    NearestLevels nearest = NearestLevels.of(value, levels, one);
    return new Step(Map.of(kernel, nearest.value()), nearest.steps());
  }
}
