package dev.secateur.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.secateur.graph.Activation;
import dev.secateur.graph.Graph;
import dev.secateur.graph.GraphBuilder;
import dev.secateur.graph.Head;
import dev.secateur.graph.Op;
import dev.secateur.graph.Predictor;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.Weight;
import dev.secateur.graph.channel.Channels;
import dev.secateur.train.TensorFlowPredictor;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** On a network with all that a kernel can stand in: see {@link #network}. */
class ReconstructionTest {
  private static final Samples.Predictors PREDICTORS = TensorFlowPredictor::open;

  private final Graph original = network(new Random(7));
  private final List<List<Tensor>> batches = samples(new Random(8), 3, 16);
  private final Samples samples = new Samples(batches, PREDICTORS, 2, () -> false);
  private final Divergence divergence = new Divergence(Head.of(original), Set.of());

  @ParameterizedTest
  @ValueSource(doubles = {0.3, 0.5, 0.8, 0.95})
  void eachKernelKeepsWhatItWasAllotted(double sparsity) {
    KernelBudgets budgets = KernelBudgets.uniform(original, sparsity);
    Graph pruned = prune(budgets);
    for (Weight kernel : pruned.prunable()) {
      assertThat(nonZeros(kernel))
          .as(kernel.name())
          .isEqualTo((long) budgets.kept().get(kernel.name()));
    }
  }

  /** Their matrix of moments would not fit into memory: the smallest entries go. */
  @ParameterizedTest
  @CsvSource({"4609, 4", "2000, 1251"})
  void theLargestEntriesOfVeryLargeKernelsStay(int rows, int columns) {
    Random random = new Random(3);
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    Tensor kernel = new Tensor(Shape.of(rows, columns), values);
    GraphBuilder builder = new GraphBuilder("wide");
    builder.input("x", Shape.of(-1, rows));
    builder.weight(new Weight("w", Weight.Role.KERNEL, kernel, true, 0, 0));
    Graph wide = builder.output("y", builder.add("y", new Op.Dense(), "x", "w")).build();
    assertThat(PrunableKernel.of(wide)).hasOnlyElementsOfType(PrunableKernel.ByMagnitude.class);
    assertThat(PrunableLayer.of(original)).isNotEmpty();
  }

  @ParameterizedTest
  @CsvSource({"0.3", "0.5", "0.7"})
  void theOutputsStayCloserThanWithTheLargestWeights(double sparsity) {
    KernelBudgets budgets = KernelBudgets.uniform(original, sparsity);
    Map<String, Tensor> largest = new HashMap<>();
    for (Weight kernel : original.prunable()) {
      float[] mask = Masks.of(kernel.value().values(), (float) sparsity);
      float[] values = kernel.value().values().clone();
      for (int i = 0; i < mask.length; i++) {
        values[i] *= mask[i];
      }
      largest.put(kernel.name(), new Tensor(kernel.shape(), values));
    }
    List<List<Tensor>> others = samples(new Random(99), 2, 16);
    assertThat(divergence(prune(budgets), others))
        .isLessThan(0.5 * divergence(original.withWeights(largest), others));
  }

  @Test
  void withoutZerosItIsTheOriginal() {
    Graph pruned = prune(KernelBudgets.uniform(original, 0));
    original
        .weights()
        .forEach(
            (name, weight) -> {
              float[] now = pruned.weights().get(name).value().values();
              for (int i = 0; i < now.length; i++) {
                assertThat(now[i]).as(name).isCloseTo(weight.value().values()[i], within(1e-3f));
              }
            });
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.25, 0.5, 0.75, 0.9})
  void theWholeNetworkHasExactlyTheTargetHoweverItIsSharedOut(double sparsity) {
    long total = original.prunable().stream().mapToLong(w -> w.shape().size()).sum();
    Reconstruction reconstruction = new Reconstruction(samples);
    Sensitivity sensitivity = reconstruction.sensitivity(original, divergence);
    for (KernelBudgets budgets :
        List.of(KernelBudgets.lamp(original, sparsity), sensitivity.allocate(sparsity))) {
      assertThat(budgets.kept().keySet())
          .containsExactlyInAnyOrderElementsOf(
              original.prunable().stream().map(Weight::name).toList());
      assertThat(budgets.kept().values().stream().mapToLong(k -> k).sum())
          .isEqualTo(Math.round(total * (1 - sparsity)));
    }
  }

  @Test
  void whatWasMeasuredCostsLessThanSharingOutEvenly() {
    List<List<Tensor>> others = samples(new Random(99), 2, 16);
    Reconstruction reconstruction = new Reconstruction(samples);
    Graph even = reconstruction.prune(original, KernelBudgets.uniform(original, 0.6));
    Graph measured =
        reconstruction.prune(
            original, reconstruction.sensitivity(original, divergence).allocate(0.6));
    assertThat(divergence(measured, others)).isLessThan(divergence(even, others));
  }

  @Test
  void sameSamplesGiveTheSameBits() {
    KernelBudgets budgets = KernelBudgets.uniform(original, 0.5);
    Graph one = prune(budgets);
    Graph other = prune(budgets);
    one.weights()
        .forEach(
            (name, weight) ->
                assertThat(other.weights().get(name).value().values())
                    .isEqualTo(weight.value().values()));
  }

  @Test
  void aDrainStopsIt() {
    Samples stopped = new Samples(batches, PREDICTORS, 2, () -> true);
    Reconstruction reconstruction = new Reconstruction(stopped);
    assertThatThrownBy(() -> reconstruction.prune(original, KernelBudgets.uniform(original, 0.5)))
        .isInstanceOf(CancellationException.class);
  }

  @Test
  void largeValuesMeanFewerSamples() {
    long each = Activations.mostFloats(original) * Float.BYTES * 2;
    assertThat(Samples.count(original, each * 100)).isEqualTo(100);
    assertThat(Samples.count(original, Long.MAX_VALUE)).isEqualTo(512);
    assertThat(Samples.count(original, 1)).isEqualTo(32);
  }

  /** It has no halves to find out on how far it is to be trusted. */
  @Test
  void oneSampleIsEnoughToRemoveChannels() {
    Samples one = new Samples(samples(new Random(8), 1, 1), PREDICTORS, 2, () -> false);
    Channels channels = Channels.of(original, Set.of());
    BitSet removed = new BitSet();
    channels.groups().forEach(group -> removed.set(group.units().get(0)));
    Graph narrow = new Reconstruction(one).without(original, channels, removed);
    for (Weight weight : narrow.weights().values()) {
      for (float value : weight.value().values()) {
        assertThat(value).as(weight.name()).isFinite();
      }
    }
  }

  private Graph prune(KernelBudgets budgets) {
    Reconstruction reconstruction = new Reconstruction(samples);
    return reconstruction.prune(original, budgets);
  }

  private double divergence(Graph pruned, List<List<Tensor>> inputs) {
    return divergence.between(heads(original, inputs), heads(pruned, inputs));
  }

  private List<List<Tensor>> heads(Graph network, List<List<Tensor>> inputs) {
    List<List<Tensor>> heads = new ArrayList<>();
    divergence.heads().forEach(h -> heads.add(new ArrayList<>()));
    try (Predictor predictor = PREDICTORS.open(divergence.ofHeads(network), 1)) {
      for (List<Tensor> batch : inputs) {
        List<Tensor> said = predictor.predict(batch);
        for (int i = 0; i < said.size(); i++) {
          heads.get(i).add(said.get(i));
        }
      }
    }
    return heads;
  }

  private static long nonZeros(Weight weight) {
    long count = 0;
    for (float v : weight.value().values()) {
      count += v != 0 ? 1 : 0;
    }
    return count;
  }

  static List<List<Tensor>> samples(Random random, int batches, int size) {
    List<List<Tensor>> all = new ArrayList<>();
    for (int b = 0; b < batches; b++) {
      float[] values = new float[size * 10 * 9 * 3];
      for (int s = 0; s < size; s++) {
        double phase = random.nextDouble() * 6;
        double contrast = 0.3 + random.nextDouble();
        for (int i = 0; i < 270; i++) {
          values[s * 270 + i] =
              (float) (contrast * Math.sin(phase + i * 0.13) + 0.2 * random.nextGaussian());
        }
      }
      all.add(List.of(Tensor.of(values, size, 10, 9, 3)));
    }
    return all;
  }

  /**
   * Strides, dilation, a bias or none, normalisation that has a dead channel, an addition whose
   * other branch was pruned before, a shared kernel, a grouped and a transposed convolution, a
   * dense layer on positions and one on a vector, a softmax and a linear head.
   */
  static Graph network(Random random) {
    GraphBuilder g = new GraphBuilder("all");
    String x = g.input("x", Shape.of(Shape.UNKNOWN, 10, 9, 3));
    String a = convolution(g, random, "first", x, 3, 8, 1, 1, Op.Padding.SAME, 1, true);
    a = relu(g, normalization(g, random, "bn1", a));
    String b = convolution(g, random, "second", a, 3, 8, 1, 1, Op.Padding.SAME, 1, false);
    b = normalization(g, random, "bn2", b);
    a = relu(g, g.add("add", new Op.Binary(Op.BinaryKind.ADD), b, a));
    a = relu(g, convolution(g, random, "strided", a, 3, 8, 2, 1, Op.Padding.SAME, 1, true));
    String shared = weight(g, random, "shared/kernel", Weight.Role.KERNEL, 24, 1, 1, 8, 8);
    Op one = new Op.Conv2D(Op.Size.ONE, Op.Padding.VALID, Op.Size.ONE, 1);
    a = relu(g, g.add("shared", one, a, shared));
    a = relu(g, g.add("shared", one, a, shared));
    a = relu(g, convolution(g, random, "grouped", a, 3, 8, 1, 1, Op.Padding.SAME, 2, true));
    a = relu(g, convolution(g, random, "dilated", a, 3, 8, 1, 2, Op.Padding.SAME, 1, true));
    String up = weight(g, random, "up/kernel", Weight.Role.KERNEL, 24, 2, 2, 6, 8);
    a =
        relu(
            g,
            g.add(
                "up",
                new Op.Conv2DTranspose(new Op.Size(2, 2), Op.Padding.SAME, Op.Size.ONE, 10, 10),
                a,
                up));
    String positions = weight(g, random, "positions/kernel", Weight.Role.KERNEL, 6, 6, 7);
    a = relu(g, g.add("positions", new Op.Dense(), a, positions));
    a = g.add("mean", new Op.Reduce(Op.ReduceKind.MEAN, List.of(1, 2), false), a);
    String classes = weight(g, random, "classes/kernel", Weight.Role.KERNEL, 1, 7, 5);
    String bias = weight(g, random, "classes/bias", Weight.Role.BIAS, 10, 5);
    String logits = g.add("classes", new Op.Dense(), a, classes, bias);
    g.output("classes", g.add("softmax", new Op.Activate(new Activation.Softmax(1)), logits));
    String numbers = weight(g, random, "numbers/kernel", Weight.Role.KERNEL, 1, 7, 2);
    g.output("numbers", g.add("numbers", new Op.Dense(), a, numbers));
    return g.build();
  }

  private static String convolution(
      GraphBuilder g,
      Random random,
      String name,
      String x,
      int size,
      int filters,
      int stride,
      int dilation,
      Op.Padding padding,
      int groups,
      boolean bias) {
    int in = g.shape(x).last() / groups;
    String kernel =
        weight(
            g,
            random,
            name + "/kernel",
            Weight.Role.KERNEL,
            size * size * in,
            size,
            size,
            in,
            filters);
    Op op =
        new Op.Conv2D(
            new Op.Size(stride, stride), padding, new Op.Size(dilation, dilation), groups);
    return bias
        ? g.add(
            name, op, x, kernel, weight(g, random, name + "/bias", Weight.Role.BIAS, 50, filters))
        : g.add(name, op, x, kernel);
  }

  private static String normalization(GraphBuilder g, Random random, String name, String x) {
    int c = g.shape(x).last();
    float[] gamma = new float[c];
    float[] variance = new float[c];
    for (int i = 0; i < c; i++) {
      gamma[i] = i == 2 ? 0 : 0.7f + random.nextFloat();
      variance[i] = 0.5f + random.nextFloat();
    }
    return g.add(
        name,
        new Op.BatchNormalization(1e-3f, 0.99f, false),
        x,
        g.weight(new Weight(name + "/gamma", Weight.Role.GAMMA, Tensor.of(gamma, c), true, 0, 0)),
        weight(g, random, name + "/beta", Weight.Role.BETA, 10, c),
        weight(g, random, name + "/mean", Weight.Role.MOVING_MEAN, 10, c),
        g.weight(
            new Weight(
                name + "/variance",
                Weight.Role.MOVING_VARIANCE,
                Tensor.of(variance, c),
                false,
                0,
                0)));
  }

  private static String relu(GraphBuilder g, String x) {
    return g.add("relu", new Op.Activate(Activation.Simple.RELU), x);
  }

  private static String weight(
      GraphBuilder g, Random random, String name, Weight.Role role, int fanIn, int... dims) {
    Shape shape = Shape.of(dims);
    float[] values = new float[(int) shape.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * Math.sqrt(2.0 / fanIn));
    }
    return g.weight(new Weight(name, role, new Tensor(shape, values), true, 0, 0));
  }
}
