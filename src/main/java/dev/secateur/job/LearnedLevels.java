package dev.secateur.job;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Grid;
import dev.secateur.graph.Node;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.pass.Passes;
import dev.secateur.prune.Rounding;
import dev.secateur.train.Quantizing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Kernels that stand on grids, in the two forms of a network: as it is trained, and as it runs at
 * inference, where the factors of the batch normalisation behind are in the kernel. A factor scales
 * the steps of its channel and moves no entry to another level.
 */
final class LearnedLevels {
  /** Beyond it, what a kernel has become is no multiple of what it was. */
  private static final double ROUNDING = 1e-3;

  /** The largest weight that a channel of zeros is taken to have. */
  private static final double DEAD = 5e-7;

  private final Graph trained;
  private final Graph folded;

  /** A node with a kernel, before and after what is behind it was folded into it. */
  private record Layer(Node trained, Node folded, double[] factors) {
    String kernel() {
      return trained.input(1);
    }
  }

  private LearnedLevels(Graph trained) {
    this.trained = trained;
    this.folded = Passes.forInference(trained);
  }

  static LearnedLevels of(Graph trained) {
    return new LearnedLevels(trained);
  }

  Graph folded() {
    return folded;
  }

  /**
   * Those that a network can learn: none, where any of its kernels is not the same on both sides.
   *
   * @param grids of each kernel at inference; what stays as it is has none
   * @return the largest level of each kernel in training
   */
  Map<String, Integer> most(Map<String, Grid> grids) {
    Map<String, Integer> found = new HashMap<>();
    for (Layer layer : layers().values()) {
      Grid grid = grids.get(layer.folded().input(1));
      if (grid != null && (grid.steps().size() > 1 || isAlone(layer.factors()))) {
        found.put(layer.kernel(), grid.most());
      }
    }
    return found.size() == grids.size() ? found : Map.of();
  }

  /** One step for a whole kernel stays one only where no factor is learned. */
  private static boolean isAlone(double[] factors) {
    return Arrays.stream(factors).allMatch(f -> f == 1);
  }

  /** What was rounded at inference, as it is trained: with its offsets in biases and means. */
  Quantizing.Rounded trained(Rounding.Rounded rounded) {
    Map<String, Tensor> changed = new HashMap<>();
    Map<String, Grid> grids = new HashMap<>();
    for (Layer layer : layers().values()) {
      String name = layer.folded().input(1);
      if (!rounded.grids().containsKey(name)) {
        continue;
      }
      Grid there = rounded.grids().get(name);
      Grid here = scaled(there, inverse(layer.factors()));
      Tensor kernel = rounded.network().weights().get(name).value();
      float[] values = kernel.values().clone();
      for (int i = 0; i < values.length; i++) {
        int channel = i % layer.factors().length;
        int level = there.level(values[i], channel);
        values[i] = (layer.factors()[channel] < 0 ? -level : level) * here.step(channel);
      }
      grids.put(layer.kernel(), here);
      changed.put(layer.kernel(), new Tensor(kernel.shape(), values));
      offset(layer, rounded.network()).ifPresent(o -> raise(layer, o, changed));
    }
    return new Quantizing.Rounded(trained.withWeights(changed), grids);
  }

  /** What was learned, as it runs at inference. */
  Rounding.Rounded folded(Map<String, Grid> learned) {
    Map<String, Tensor> changed = new HashMap<>();
    Map<String, Grid> grids = new HashMap<>();
    for (Layer layer : layers().values()) {
      Grid grid = learned.get(layer.kernel());
      if (grid != null) {
        String name = layer.folded().input(1);
        Tensor kernel = folded.weights().get(name).value();
        Grid brief = withoutDead(scaled(grid, layer.factors()), kernel);
        changed.put(name, brief.nearest(kernel));
        grids.put(name, brief);
      }
    }
    return new Rounding.Rounded(folded.withWeights(changed), grids);
  }

  /** A channel of zeros has no factor to be told: its step is as small as one can be. */
  private static Grid withoutDead(Grid grid, Tensor kernel) {
    List<Float> steps = new ArrayList<>(grid.steps());
    int channels = kernel.shape().last();
    for (int c = 0; steps.size() > 1 && c < channels; c++) {
      boolean dead = true;
      for (int i = c; i < kernel.values().length; i += channels) {
        dead &= kernel.values()[i] == 0;
      }
      if (dead) {
        steps.set(c, Grid.brief(DEAD / grid.most()));
      }
    }
    return new Grid(grid.most(), steps);
  }

  private static double[] inverse(double[] factors) {
    return Arrays.stream(factors).map(f -> 1 / f).toArray();
  }

  private static Grid scaled(Grid grid, double[] factors) {
    boolean one = grid.steps().size() == 1;
    List<Float> steps = new ArrayList<>();
    for (int c = 0; c < (one ? 1 : factors.length); c++) {
      steps.add(Grid.brief(grid.step(c) * Math.abs(factors[c])));
    }
    return new Grid(grid.most(), steps);
  }

  /** By how much a layer's outputs were raised; empty where it has nothing to do that with. */
  private Optional<double[]> offset(Layer layer, Graph rounded) {
    if (layer.folded().inputs().size() < 3) {
      return Optional.empty();
    }
    float[] before = folded.weights().get(layer.folded().input(2)).value().values();
    float[] after = rounded.weights().get(layer.folded().input(2)).value().values();
    double[] offset = new double[before.length];
    for (int c = 0; c < offset.length; c++) {
      offset[c] = after[c] - before[c];
    }
    return Optional.of(offset);
  }

  private void raise(Layer layer, double[] offset, Map<String, Tensor> changed) {
    boolean biased = layer.trained().inputs().size() > 2;
    Optional<String> raised =
        biased
            ? Optional.of(layer.trained().input(2))
            : normalization(layer.trained()).map(n -> n.input(3));
    raised.ifPresent(
        name -> {
          Tensor weight = trained.weights().get(name).value();
          float[] values = weight.values().clone();
          for (int c = 0; c < values.length; c++) {
            // A mean is subtracted.
            values[c] += (float) ((biased ? 1 : -1) * offset[c] / layer.factors()[c]);
          }
          changed.put(name, new Tensor(weight.shape(), values));
        });
  }

  private Optional<Node> normalization(Node layer) {
    return trained.nodes().stream()
        .filter(n -> n.op() instanceof Op.BatchNormalization && n.input(0).equals(layer.name()))
        .findFirst();
  }

  /** Those whose kernel is the same in both forms, but for a factor a channel; by its name. */
  private Map<String, Layer> layers() {
    Map<String, Node> nodes =
        folded.nodes().stream()
            .filter(LearnedLevels::isLinear)
            .collect(Collectors.toMap(Node::name, n -> n, (a, b) -> a));
    Map<String, Long> readers =
        trained.nodes().stream()
            .filter(n -> n.inputs().size() > 1)
            .collect(Collectors.groupingBy(n -> n.input(1), Collectors.counting()));
    Map<String, Layer> layers = new LinkedHashMap<>();
    for (Node node : trained.nodes()) {
      Node there = nodes.get(node.name());
      if (isLinear(node)
          && there != null
          && trained.weights().containsKey(node.input(1))
          && folded.weights().containsKey(there.input(1))
          && readers.get(node.input(1)) == 1) {
        factors(
                trained.weights().get(node.input(1)).value(),
                folded.weights().get(there.input(1)).value())
            .ifPresent(f -> layers.put(node.input(1), new Layer(node, there, f)));
      }
    }
    return layers;
  }

  private static boolean isLinear(Node node) {
    return node.op() instanceof Op.Conv2D || node.op() instanceof Op.Dense;
  }

  /** What each channel was multiplied by; one for a channel of zeros. */
  private static Optional<double[]> factors(Tensor before, Tensor after) {
    Shape shape = before.shape();
    if (!shape.equals(after.shape())) {
      return Optional.empty();
    }
    int channels = shape.last();
    float[] from = before.values();
    float[] to = after.values();
    double[] factors = new double[channels];
    for (int c = 0; c < channels; c++) {
      int largest = c;
      for (int i = c; i < from.length; i += channels) {
        largest = Math.abs(from[i]) > Math.abs(from[largest]) ? i : largest;
      }
      factors[c] = from[largest] == 0 ? 1 : to[largest] / (double) from[largest];
      double allowed = ROUNDING * Math.abs(to[largest]);
      for (int i = c; i < from.length; i += channels) {
        if (Math.abs(from[i] * factors[c] - to[i]) > allowed) {
          return Optional.empty();
        }
      }
      if (factors[c] == 0 || !Double.isFinite(factors[c])) {
        return Optional.empty();
      }
    }
    return Optional.of(factors);
  }
}
