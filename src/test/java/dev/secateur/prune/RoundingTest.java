package dev.secateur.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Grid;
import dev.secateur.graph.Head;
import dev.secateur.graph.Node;
import dev.secateur.graph.Op;
import dev.secateur.graph.Predictor;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.pass.Passes;
import dev.secateur.train.TensorFlowPredictor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On the network with all that a kernel can stand in. */
class RoundingTest {
  private static final Samples.Predictors PREDICTORS = TensorFlowPredictor::open;

  private final Graph original = Passes.forInference(ReconstructionTest.network(new Random(7)));
  private final Samples samples =
      new Samples(ReconstructionTest.samples(new Random(8), 3, 16), PREDICTORS, 2, () -> false);

  @ParameterizedTest
  @ValueSource(ints = {Grid.FOUR_BITS, Grid.EIGHT_BITS})
  void eachKernelStandsOnItsGrid(int most) {
    Rounding.Rounded rounded = round(original, samples, most);
    assertThat(rounded.grids().keySet())
        .containsExactlyInAnyOrder(
            "bn1/scaled/kernel",
            "bn2/scaled/kernel",
            "strided/kernel",
            "shared/kernel",
            "dilated/kernel",
            "positions/kernel",
            "classes/kernel",
            "numbers/kernel");
    rounded.grids().forEach((kernel, grid) -> assertOn(grid, most, rounded.network(), kernel));
  }

  private static void assertOn(Grid grid, int most, Graph network, String kernel) {
    assertThat(grid.most()).isEqualTo(most);
    Tensor value = network.weights().get(kernel).value();
    int channels = value.shape().last();
    assertThat(grid.steps()).as(kernel).hasSizeBetween(1, channels);
    for (int i = 0; i < value.values().length; i++) {
      double level = value.values()[i] / (double) grid.step(i % channels);
      assertThat(level).isCloseTo(Math.rint(level), within(1e-4)).isBetween(-most - .1, most + .1);
    }
  }

  @Test
  void denseKernelsOfFourBitsHaveOneStepAllOthersOneAChannel() {
    for (int most : new int[] {Grid.FOUR_BITS, Grid.EIGHT_BITS}) {
      Map<String, Grid> grids = round(original, samples, most).grids();
      for (Node node : original.nodes()) {
        if (grids.containsKey(node.inputs().get(node.inputs().size() > 1 ? 1 : 0))) {
          Grid grid = grids.get(node.input(1));
          boolean one = node.op() instanceof Op.Dense && most == Grid.FOUR_BITS;
          int channels = original.weights().get(node.input(1)).shape().last();
          assertThat(grid.steps()).as(node.name()).hasSize(one ? 1 : channels);
        }
      }
    }
  }

  @Test
  void onRequestDenseKernelsHaveOneStepWhateverTheirBits() {
    Rounding.Rounded rounded;
    Rounding rounding = new Rounding(samples);
    rounded = rounding.round(original, kernel -> Grid.EIGHT_BITS, true);
    assertThat(rounded.grids().get("classes/kernel").steps()).hasSize(1);
    assertThat(rounded.grids().get("positions/kernel").steps()).hasSize(1);
    assertThat(rounded.grids().get("strided/kernel").steps()).hasSize(8);
  }

  /** On samples that it has not seen. */
  @Test
  void theOutputsStayCloserThanWithTheNearestLevels() {
    Graph nearest = Rounding.nearest(original, k -> Grid.FOUR_BITS, false).network();
    Graph rounded = round(original, samples, Grid.FOUR_BITS).network();
    assertThat(divergence(rounded)).isLessThan(0.5 * divergence(nearest));
  }

  @Test
  void zerosStayZero() {
    Graph pruned;
    Reconstruction reconstruction = new Reconstruction(samples);
    pruned = reconstruction.prune(original, KernelBudgets.uniform(original, 0.6));
    Rounding.Rounded rounded = round(pruned, samples, Grid.FOUR_BITS);
    for (String kernel : rounded.grids().keySet()) {
      float[] before = pruned.weights().get(kernel).value().values();
      float[] after = rounded.network().weights().get(kernel).value().values();
      int kept = 0;
      for (int i = 0; i < before.length; i++) {
        if (before[i] == 0) {
          assertThat(after[i]).as(kernel).isZero();
        }
        kept += after[i] != 0 ? 1 : 0;
      }
      assertThat(kept).as(kernel).isPositive();
    }
  }

  @Test
  void sameSamplesGiveTheSameBits() {
    Rounding.Rounded one = round(original, samples, Grid.FOUR_BITS);
    Rounding.Rounded other = round(original, samples, Grid.FOUR_BITS);
    assertThat(other.grids()).isEqualTo(one.grids());
    one.network()
        .weights()
        .forEach(
            (name, weight) ->
                assertThat(other.network().weights().get(name).value().values())
                    .isEqualTo(weight.value().values()));
  }

  /** A network that says nothing finite is for others to judge. */
  @Test
  void whatIsNotFiniteIsRoundedToSomething() {
    float[] broken = original.weights().get("strided/kernel").value().values().clone();
    broken[3] = Float.NaN;
    Tensor kernel = new Tensor(original.weights().get("strided/kernel").value().shape(), broken);
    Graph network = original.withWeights(Map.of("strided/kernel", kernel));
    assertThat(round(network, samples, Grid.FOUR_BITS).grids()).isNotEmpty();
    assertThat(Rounding.nearest(network, k -> Grid.FOUR_BITS, false).grids()).isNotEmpty();
  }

  @Test
  void aDrainStopsIt() {
    Samples stopped = new Samples(samples.batches(), PREDICTORS, 2, () -> true);
    assertThatThrownBy(() -> round(original, stopped, Grid.FOUR_BITS))
        .isInstanceOf(CancellationException.class);
  }

  private static Rounding.Rounded round(Graph network, Samples samples, int most) {
    Rounding rounding = new Rounding(samples);
    return rounding.round(network, kernel -> most, false);
  }

  private double divergence(Graph network) {
    Divergence divergence = new Divergence(Head.of(original), Set.of());
    return divergence.between(heads(divergence, original), heads(divergence, network));
  }

  private static List<List<Tensor>> heads(Divergence divergence, Graph network) {
    List<List<Tensor>> heads = new ArrayList<>();
    divergence.heads().forEach(h -> heads.add(new ArrayList<>()));
    try (Predictor predictor = PREDICTORS.open(divergence.ofHeads(network), 1)) {
      for (List<Tensor> batch : ReconstructionTest.samples(new Random(99), 2, 16)) {
        List<Tensor> said = predictor.predict(batch);
        for (int i = 0; i < said.size(); i++) {
          heads.get(i).add(said.get(i));
        }
      }
    }
    return heads;
  }
}
