package dev.secateur.graph.pass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.secateur.graph.Activation;
import dev.secateur.graph.Graph;
import dev.secateur.graph.GraphBuilder;
import dev.secateur.graph.Node;
import dev.secateur.graph.Op;
import dev.secateur.graph.Op.Size;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.Weight;
import java.util.List;
import org.junit.jupiter.api.Test;

class PassesTest {
  private final GraphBuilder builder = new GraphBuilder("test");

  private String weight(String name, float[] values, int... dims) {
    Weight.Role role = name.contains("k") ? Weight.Role.KERNEL : Weight.Role.CONSTANT;
    return builder.weight(new Weight(name, role, Tensor.of(values, dims), true, 0, 0));
  }

  private String image() {
    return builder.input("x", Shape.of(-1, 7, 7, 1));
  }

  private String conv(String x, Op.Padding padding, int stride) {
    String k =
        weight(
            "k" + x,
            new float[] {1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8, 0, 9, 0},
            3,
            3,
            1,
            2);
    return builder.add("conv", new Op.Conv2D(new Size(stride, stride), padding, Size.ONE, 1), x, k);
  }

  private String batchNorm(String x) {
    return builder.add(
        "bn",
        new Op.BatchNormalization(0.5f, 0.99f, false),
        x,
        weight("gamma", new float[] {2, 3}, 2),
        weight("beta", new float[] {1, -1}, 2),
        weight("mean", new float[] {10, 20}, 2),
        weight("var", new float[] {3.5f, 8.5f}, 2));
  }

  private Graph optimise(String output) {
    return Passes.forInference(builder.output("y", output).build());
  }

  private static List<Class<?>> ops(Graph graph) {
    return graph.nodes().stream().<Class<?>>map(n -> n.op().getClass()).toList();
  }

  private static float[] operand(Graph graph, Node node, int index) {
    return graph.weight(node.input(index)).orElseThrow().value().values();
  }

  @Test
  void batchNormalisationFoldsIntoTheConvolutionBefore() {
    Graph graph = optimise(batchNorm(conv(image(), Op.Padding.SAME, 1)));
    assertThat(ops(graph)).containsExactly(Op.Conv2D.class);
    Node conv = graph.nodes().get(0);
    // gamma/√(var + epsilon) is 1 for both channels: 2/√4 and 3/√9.
    assertThat(operand(graph, conv, 1)[0]).isCloseTo(1f, within(1e-6f));
    assertThat(operand(graph, conv, 2)).containsExactly(-9f, -21f);
  }

  @Test
  void foldingKeepsTheZerosOfTheKernel() {
    Graph graph = optimise(batchNorm(conv(image(), Op.Padding.SAME, 1)));
    float[] kernel = operand(graph, graph.nodes().get(0), 1);
    for (int i = 1; i < kernel.length; i += 2) {
      assertThat(kernel[i]).isZero();
    }
  }

  @Test
  void batchNormalisationStaysWhereTheConvolutionHasAnotherReader() {
    String conv = conv(image(), Op.Padding.SAME, 1);
    String sum = builder.add("sum", new Op.Binary(Op.BinaryKind.ADD), batchNorm(conv), conv);
    Graph graph = optimise(sum);
    assertThat(ops(graph))
        .containsExactly(Op.Conv2D.class, Op.Binary.class, Op.Binary.class, Op.Binary.class);
  }

  @Test
  void batchNormalisationStaysWhereTheConvolutionIsAnOutput() {
    String conv = conv(image(), Op.Padding.SAME, 1);
    builder.output("conv", conv);
    assertThat(ops(optimise(batchNorm(conv))))
        .containsExactly(Op.Conv2D.class, Op.Binary.class, Op.Binary.class);
  }

  @Test
  void batchNormalisationBeforeAConvolutionBecomesMultiplyAndAdd() {
    String x = builder.input("x", Shape.of(-1, 7, 7, 2));
    Graph graph = optimise(batchNorm(x));
    assertThat(graph.nodes().stream().map(Node::op))
        .containsExactly(new Op.Binary(Op.BinaryKind.MULTIPLY), new Op.Binary(Op.BinaryKind.ADD));
  }

  @Test
  void paddingThatSameWouldGiveIsFused() {
    String pad = builder.add("pad", pad(1, 1), image());
    Graph graph = optimise(conv(pad, Op.Padding.VALID, 1));
    assertThat(ops(graph)).containsExactly(Op.Conv2D.class);
    assertThat(((Op.Conv2D) graph.nodes().get(0).op()).padding()).isEqualTo(Op.Padding.SAME);
  }

  @Test
  void paddingOnTheOtherSideThanSameWouldGiveStays() {
    // A stride of two on seven takes one pixel on each side, on eight one at the end only.
    String x = builder.input("x", Shape.of(-1, 8, 8, 1));
    String pad = builder.add("pad", pad(1, 1), x);
    assertThat(ops(optimise(conv(pad, Op.Padding.VALID, 2))))
        .containsExactly(Op.Pad.class, Op.Conv2D.class);
  }

  private static Op pad(int before, int after) {
    return new Op.Pad(
        List.of(0, before, before, 0), List.of(0, after, after, 0), Op.PadMode.CONSTANT, 0);
  }

  @Test
  void hardSwishIsRecognised() {
    for (boolean divided : new boolean[] {false, true}) {
      for (boolean gateFirst : new boolean[] {false, true}) {
        assertThat(optimiseHardSwish(divided, gateFirst).nodes().stream().map(Node::op))
            .containsExactly(new Op.Activate(Activation.Simple.HARD_SWISH));
      }
    }
  }

  private static Graph optimiseHardSwish(boolean divided, boolean gateFirst) {
    GraphBuilder b = new GraphBuilder("swish");
    String x = b.input("x", Shape.of(-1, 4));
    String three = b.weight(Weight.constant("three", Tensor.scalar(3)));
    float factor = divided ? 6 : 1 / 6f;
    String six = b.weight(Weight.constant("six", Tensor.scalar(factor)));
    String shifted = b.add("shifted", new Op.Binary(Op.BinaryKind.ADD), x, three);
    Op relu6 = new Op.Activate(new Activation.GeneralRelu(6, 0, 0));
    String clipped = b.add("clipped", relu6, shifted);
    Op byNumber = new Op.Binary(divided ? Op.BinaryKind.DIVIDE : Op.BinaryKind.MULTIPLY);
    String gate = gateFirst ? b.add("gate", byNumber, clipped, six) : clipped;
    String product = b.add("product", new Op.Binary(Op.BinaryKind.MULTIPLY), x, gate);
    String y = gateFirst ? product : b.add("y", byNumber, product, six);
    return Passes.forInference(b.output("y", y).build());
  }

  @Test
  void chainsOfScalesAndOffsetsBecomeOneOfEach() {
    String x = builder.input("x", Shape.of(-1, 4, 4, 2));
    x = binary("a", Op.BinaryKind.MULTIPLY, x, weight("255", new float[] {0.5f}, 1));
    x = binary("b", Op.BinaryKind.SUBTRACT, x, weight("mean", new float[] {1, 2}, 2));
    x = binary("c", Op.BinaryKind.DIVIDE, x, weight("std", new float[] {0.25f, 0.5f}, 2));
    Graph graph = optimise(x);
    assertThat(graph.nodes().stream().map(Node::op))
        .containsExactly(new Op.Binary(Op.BinaryKind.MULTIPLY), new Op.Binary(Op.BinaryKind.ADD));
    assertThat(operand(graph, graph.nodes().get(0), 1)).containsExactly(2, 1);
    assertThat(operand(graph, graph.nodes().get(1), 1)).containsExactly(-4, -4);
  }

  private String binary(String name, Op.BinaryKind kind, String a, String b) {
    return builder.add(name, new Op.Binary(kind), a, b);
  }

  @Test
  void batchNormalisationFoldsThroughTheReshapesOfOneDimensionalLayers() {
    String x =
        builder.add("flat", new Op.Reshape(Shape.of(49, 2)), conv(image(), Op.Padding.SAME, 1));
    assertThat(ops(optimise(batchNorm(x)))).containsExactly(Op.Conv2D.class, Op.Reshape.class);
  }

  @Test
  void whatOnlyTrainingNeedsIsGone() {
    String x = builder.add("drop", new Op.Noise(Op.NoiseKind.DROPOUT, 0.5f), image());
    x = builder.add("activity", new Op.ActivityRegularization(1, 1), x);
    assertThat(ops(optimise(conv(x, Op.Padding.SAME, 1)))).containsExactly(Op.Conv2D.class);
  }

  @Test
  void reshapesOfReshapesAreJoined() {
    String x = builder.add("a", new Op.Reshape(Shape.of(49, 1)), image());
    x = builder.add("b", new Op.Reshape(Shape.of(7, 7)), x);
    x = builder.add("c", new Op.Reshape(Shape.of(49)), x);
    Graph graph = optimise(x);
    assertThat(ops(graph)).containsExactly(Op.Reshape.class);
    assertThat(graph.nodes().get(0).inputs()).containsExactly("x");
  }

  @Test
  void whatNoOutputNeedsIsGone() {
    String x = image();
    builder.add("unused", new Op.Unary(Op.UnaryKind.EXP), x);
    weight("lost", new float[] {1}, 1);
    Graph graph = optimise(builder.add("used", new Op.Unary(Op.UnaryKind.ABS), x));
    assertThat(graph.nodes()).extracting(Node::name).containsExactly("used");
    assertThat(graph.weights()).isEmpty();
  }

  @Test
  void permutationsJoinAndOneThatLeavesTheNumbersInTheirOrderIsAReshape() {
    String x = builder.input("image", Shape.of(-1, 2, 3, 4));
    String first = builder.add("a", new Op.Permute(List.of(0, 3, 1, 2)), x);
    String back = builder.add("b", new Op.Permute(List.of(0, 2, 3, 1)), first);
    String pooled = builder.add("c", new Op.Reduce(Op.ReduceKind.MEAN, List.of(1, 2), true), back);
    Graph graph = optimise(builder.add("d", new Op.Permute(List.of(0, 3, 1, 2)), pooled));
    assertThat(ops(graph)).containsExactly(Op.Reduce.class, Op.Reshape.class);
    assertThat(graph.nodes().get(0).input(0)).isEqualTo("image");
    assertThat(graph.shapes().get("d")).isEqualTo(Shape.of(-1, 4, 1, 1));
  }
}
