package dev.secateur.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.secateur.graph.Graph;
import dev.secateur.graph.GraphBuilder;
import dev.secateur.graph.Grid;
import dev.secateur.graph.Op;
import dev.secateur.graph.Predictor;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.Weight;
import dev.secateur.prune.Rounding;
import dev.secateur.train.Quantizing;
import dev.secateur.train.TensorFlowPredictor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same levels in the form that is trained and in the form that runs. */
class LearnedLevelsTest {
  private static final Op.Conv2D CONVOLUTION =
      new Op.Conv2D(Op.Size.ONE, Op.Padding.SAME, Op.Size.ONE, 1);

  /** Normalised with and without a bias before, some factors below zero; and not at all. */
  private static Graph network(Random random, boolean normalizedDense) {
    GraphBuilder g = new GraphBuilder("net");
    String x = g.input("x", Shape.of(Shape.UNKNOWN, 6, 6, 3));
    String a = g.add("plain", CONVOLUTION, x, kernel(g, random, "plain/kernel", 3, 3, 3, 4));
    a = normalization(g, random, "bn1", a);
    String bias = weight(g, random, "biased/bias", Weight.Role.BIAS, 5);
    a = g.add("biased", CONVOLUTION, a, kernel(g, random, "biased/kernel", 3, 3, 4, 5), bias);
    a = normalization(g, random, "bn2", a);
    a = g.add("alone", CONVOLUTION, a, kernel(g, random, "alone/kernel", 1, 1, 5, 6));
    a = g.add("mean", new Op.Reduce(Op.ReduceKind.MEAN, List.of(1, 2), false), a);
    a = g.add("dense", new Op.Dense(), a, kernel(g, random, "dense/kernel", 6, 4));
    return g.output("y", normalizedDense ? normalization(g, random, "bn3", a) : a).build();
  }

  private static String normalization(GraphBuilder g, Random random, String name, String x) {
    int channels = g.shape(x).last();
    return g.add(
        name,
        new Op.BatchNormalization(1e-3f, 0.99f, false),
        x,
        weight(g, random, name + "/gamma", Weight.Role.GAMMA, channels),
        weight(g, random, name + "/beta", Weight.Role.BETA, channels),
        weight(g, random, name + "/mean", Weight.Role.MOVING_MEAN, channels),
        weight(g, random, name + "/variance", Weight.Role.MOVING_VARIANCE, channels));
  }

  private static String kernel(GraphBuilder g, Random random, String name, int... dims) {
    return weight(g, random, name, Weight.Role.KERNEL, dims);
  }

  private static String weight(
      GraphBuilder g, Random random, String name, Weight.Role role, int... dims) {
    Shape shape = Shape.of(dims);
    float[] values = new float[(int) shape.size()];
    for (int i = 0; i < values.length; i++) {
      double value = random.nextGaussian();
      values[i] = (float) (role == Weight.Role.MOVING_VARIANCE ? 0.5 + value * value : value);
    }
    return g.weight(
        new Weight(name, role, new Tensor(shape, values), role != Weight.Role.MOVING_MEAN, 0, 0));
  }

  private static Rounding.Rounded rounded(LearnedLevels learned) {
    return Rounding.nearest(learned.folded(), k -> Grid.FOUR_BITS, false);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void whatWasRoundedIsTrainedFromTheSameLevels(long seed) {
    Graph network = network(new Random(seed), false);
    LearnedLevels learned = LearnedLevels.of(network);
    Rounding.Rounded rounded = rounded(learned);

    assertThat(learned.most(rounded.grids()))
        .containsOnlyKeys("plain/kernel", "biased/kernel", "alone/kernel", "dense/kernel")
        .allSatisfy((kernel, most) -> assertThat(most).isEqualTo(Grid.FOUR_BITS));
    Quantizing.Rounded trained = learned.trained(rounded);
    trained.grids().forEach((kernel, grid) -> assertStands(trained.network(), kernel, grid));

    Rounding.Rounded again = LearnedLevels.of(trained.network()).folded(trained.grids());
    assertThat(again.grids().keySet()).isEqualTo(rounded.grids().keySet());
    again
        .grids()
        .forEach(
            (kernel, grid) ->
                assertThat(levels(again.network(), kernel, grid))
                    .as(kernel)
                    .isEqualTo(levels(rounded.network(), kernel, rounded.grids().get(kernel))));
  }

  private static void assertStands(Graph network, String kernel, Grid grid) {
    Tensor value = network.weights().get(kernel).value();
    assertThat(grid.nearest(value).values()).as(kernel).isEqualTo(value.values());
  }

  private static int[] levels(Graph network, String kernel, Grid grid) {
    Tensor value = network.weights().get(kernel).value();
    int[] levels = new int[value.values().length];
    for (int i = 0; i < levels.length; i++) {
      levels[i] = grid.level(value.values()[i], i % value.shape().last());
    }
    return levels;
  }

  /** But for the steps' last places, the two forms compute the same. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void offsetsAreInTheBiasesAndMeans(long seed) {
    LearnedLevels learned = LearnedLevels.of(network(new Random(seed), false));
    Rounding.Rounded rounded = rounded(learned);
    Map<String, Tensor> raised = new HashMap<>();
    learned
        .folded()
        .nodes()
        .forEach(
            node -> {
              if (node.inputs().size() > 2) {
                Tensor bias = learned.folded().weights().get(node.input(2)).value();
                float[] values = bias.values().clone();
                for (int c = 0; c < values.length; c++) {
                  values[c] += 0.1f * (c + 1);
                }
                raised.put(node.input(2), new Tensor(bias.shape(), values));
              }
            });
    assertThat(raised).hasSize(2);
    Rounding.Rounded moved =
        new Rounding.Rounded(rounded.network().withWeights(raised), rounded.grids());

    float[] wanted = outputs(moved.network());
    float[] trained = outputs(learned.trained(moved).network());
    float[] unmoved = outputs(rounded.network());
    double error = 0;
    double distance = 0;
    for (int i = 0; i < wanted.length; i++) {
      error += Math.pow(trained[i] - wanted[i], 2);
      distance += Math.pow(unmoved[i] - wanted[i], 2);
    }
    assertThat(Math.sqrt(error / distance)).isCloseTo(0, within(0.1));
  }

  private static float[] outputs(Graph network) {
    Random random = new Random(9);
    float[] x = new float[8 * 6 * 6 * 3];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    try (Predictor predictor = TensorFlowPredictor.open(network, 1)) {
      return predictor.predict(List.of(new Tensor(Shape.of(8, 6, 6, 3), x))).get(0).values();
    }
  }

  /** A dense kernel has one step: no two factors would leave it one. */
  @Test
  void whatIsNotTheSameInBothFormsIsNotLearned() {
    LearnedLevels learned = LearnedLevels.of(network(new Random(6), true));

    assertThat(learned.most(rounded(learned).grids())).isEmpty();
  }
}
