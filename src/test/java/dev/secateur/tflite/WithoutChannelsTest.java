package dev.secateur.tflite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.secateur.graph.Graph;
import dev.secateur.graph.GraphBuilder;
import dev.secateur.graph.Node;
import dev.secateur.graph.Op;
import dev.secateur.graph.Predictor;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.Weight;
import dev.secateur.graph.channel.Axis;
import dev.secateur.graph.channel.ChannelGroup;
import dev.secateur.graph.channel.Channels;
import dev.secateur.train.TensorFlowPredictor;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A network without some of its channels says what it said with zeros in all weights that read
 * those: whatever the operations in between, and whatever can go.
 */
class WithoutChannelsTest {
  private static final int NETWORKS = 60;

  static Stream<OpCase> operations() {
    return OpCase.all().stream();
  }

  static IntStream seeds() {
    return IntStream.range(0, NETWORKS);
  }

  @ParameterizedTest
  @MethodSource("operations")
  void anOperationWithoutChannelsIsOneWhoseChannelsNobodyReads(OpCase operation) {
    Graph network = between(operation.graph());
    assertSame(network, new Random(operation.name().hashCode()));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void aNetworkWithoutChannelsIsOneWhoseChannelsNobodyReads(int seed) {
    assertSame(ChannelNetworks.of(seed), new Random(seed));
  }

  @Test
  void mostGeneratedNetworksCanLoseChannels() {
    long can =
        seeds()
            .filter(s -> !Channels.of(ChannelNetworks.of(s), Set.of()).groups().isEmpty())
            .count();
    assertThat(can).isGreaterThan(NETWORKS * 9 / 10);
  }

  private static void assertSame(Graph network, Random random) {
    Channels channels = Channels.of(network, Set.of());
    BitSet removed = new BitSet();
    for (ChannelGroup group : channels.groups()) {
      List<Integer> units = new ArrayList<>(group.units());
      java.util.Collections.shuffle(units, random);
      units.subList(0, random.nextInt(units.size())).forEach(removed::set);
    }
    Graph narrow = channels.without(removed);
    assertThat(narrow.parameters())
        .isLessThanOrEqualTo(network.parameters() - removed.cardinality());
    Tensor x = Networks.samples(network, 2, 3);
    float[] expected = predict(silenced(network, channels, removed), x);
    float[] actual = predict(narrow, x);
    assertThat(actual).hasSameSizeAs(expected);
    double largest = 1;
    for (float v : expected) {
      largest = Float.isFinite(v) ? Math.max(largest, Math.abs(v)) : largest;
    }
    for (int i = 0; i < expected.length; i++) {
      if (Float.isFinite(expected[i])) {
        assertThat((double) actual[i]).isCloseTo(expected[i], within(1e-4 * largest));
      }
    }
  }

  private static float[] predict(Graph network, Tensor x) {
    try (Predictor predictor = TensorFlowPredictor.open(network, 1)) {
      return predictor.predict(List.of(x)).get(0).values();
    }
  }

  /** The network with zeros in the rows of all kernels that read a removed unit. */
  private static Graph silenced(Graph network, Channels channels, BitSet removed) {
    Map<String, Tensor> changed = new HashMap<>();
    for (Node node : network.nodes()) {
      int axis =
          node.op() instanceof Op.Conv2D c && c.groups() == 1
              ? 2
              : node.op() instanceof Op.Conv2DTranspose
                  ? 3
                  : node.op() instanceof Op.Dense ? 0 : -1;
      if (axis >= 0 && network.weights().containsKey(node.input(1))) {
        Tensor kernel = network.weights().get(node.input(1)).value();
        int[] units = channels.units(new Axis(node.input(1), axis));
        int inner = 1;
        for (int i = axis + 1; i < kernel.shape().rank(); i++) {
          inner *= kernel.shape().dim(i);
        }
        float[] values = kernel.values().clone();
        for (int i = 0; i < values.length; i++) {
          int unit = units[i / inner % units.length];
          values[i] = unit != Channels.STAYS && removed.get(unit) ? 0 : values[i];
        }
        changed.put(node.input(1), new Tensor(kernel.shape(), values));
      }
    }
    return network.withWeights(changed);
  }

  /** The network between two layers with weights, so that what it reads and gives can go. */
  private static Graph between(Graph inner) {
    Graph.Input input = inner.inputs().get(0);
    GraphBuilder b = new GraphBuilder("between");
    Random random = new Random(5);
    int channels = input.shape().last();
    String x = b.input("outside", input.shape().with(-1, 3));
    String k =
        b.weight(
            new Weight(
                "before/k",
                Weight.Role.KERNEL,
                Networks.random(random, 0.6f, 3, channels),
                true,
                0,
                0));
    Map<String, String> names = new HashMap<>();
    names.put(input.name(), b.add("before", new Op.Dense(), x, k));
    inner.weights().values().forEach(w -> names.put(w.name(), b.weight(w)));
    for (Node node : inner.nodes()) {
      List<String> operands = node.inputs().stream().map(names::get).toList();
      names.put(node.name(), b.add(node.layer(), node.op(), operands));
    }
    String y = names.get(inner.outputs().get(0).value());
    if (b.shape(y).rank() > 1) {
      int last = b.shape(y).last();
      String after =
          b.weight(
              new Weight(
                  "after/k",
                  Weight.Role.KERNEL,
                  Networks.random(random, 0.6f, last, 2),
                  true,
                  0,
                  0));
      y = b.add("after", new Op.Dense(), y, after);
    }
    return b.output("y", y).build();
  }
}
