package dev.secateur.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.secateur.graph.Op.Padding;
import dev.secateur.graph.Op.Size;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class GraphTest {
  private static final Size ONE = Size.ONE;

  private static Weight kernel(String name, int... dims) {
    Shape shape = Shape.of(dims);
    float[] values = new float[(int) shape.size()];
    return new Weight(name, Weight.Role.KERNEL, new Tensor(shape, values), true, 0, 0);
  }

  private static GraphBuilder image() {
    GraphBuilder builder = new GraphBuilder("net");
    builder.input("x", Shape.of(Shape.UNKNOWN, 32, 32, 3));
    return builder;
  }

  private static Graph depthwiseThenShared() {
    GraphBuilder b = image();
    b.weight(kernel("depthwise", 3, 3, 3, 1));
    b.weight(kernel("shared", 1, 1, 3, 3));
    String d =
        b.add("dw", new Op.DepthwiseConv2D(ONE, Padding.SAME, ONE), List.of("x", "depthwise"));
    Op conv = new Op.Conv2D(ONE, Padding.SAME, ONE, 1);
    String once = b.add("conv", conv, d, "shared");
    String twice = b.add("conv", conv, once, "shared");
    return b.output("y", twice).build();
  }

  @Test
  void samePaddingRoundsUpAndValidPaddingDropsTheRest() {
    GraphBuilder b = image();
    b.weight(kernel("k", 3, 3, 3, 8));
    Size two = new Size(2, 2);
    String same = b.add("same", new Op.Conv2D(two, Padding.SAME, ONE, 1), "x", "k");
    String valid = b.add("valid", new Op.Conv2D(two, Padding.VALID, ONE, 1), "x", "k");
    assertThat(b.shape(same)).isEqualTo(Shape.of(Shape.UNKNOWN, 16, 16, 8));
    assertThat(b.shape(valid)).isEqualTo(Shape.of(Shape.UNKNOWN, 15, 15, 8));
  }

  @Test
  void dilationWidensTheWindow() {
    GraphBuilder b = image();
    b.weight(kernel("k", 3, 3, 3, 8));
    String y = b.add("c", new Op.Conv2D(ONE, Padding.VALID, new Size(2, 3), 1), "x", "k");
    assertThat(b.shape(y)).isEqualTo(Shape.of(Shape.UNKNOWN, 28, 26, 8));
  }

  @Test
  void aKernelThatDoesNotFitNamesTheLayer() {
    GraphBuilder b = image();
    b.weight(kernel("k", 3, 3, 4, 8));
    assertThatThrownBy(() -> b.add("first", new Op.Conv2D(ONE, Padding.SAME, ONE, 1), "x", "k"))
        .isInstanceOf(GraphException.class)
        .hasMessageContaining("first")
        .hasMessageContaining("(3×3×4×8)");
  }

  @Test
  void pruningTakesSharedKernelsOnceAndNeverDepthwiseOnes() {
    assertThat(depthwiseThenShared().prunable()).extracting(Weight::name).containsExactly("shared");
  }

  @Test
  void nodesOfOneLayerGetDifferentNames() {
    assertThat(depthwiseThenShared().nodes())
        .extracting(Node::name)
        .containsExactly("dw", "conv", "conv#1");
  }

  @Test
  void broadcastingAlignsTheLastAxes() {
    GraphBuilder b = image();
    b.weight(Weight.constant("c", Tensor.of(new float[3], 3)));
    String y = b.add("mul", new Op.Binary(Op.BinaryKind.MULTIPLY), "c", "x");
    assertThat(b.shape(y)).isEqualTo(Shape.of(Shape.UNKNOWN, 32, 32, 3));
  }

  @Test
  void replacedWeightsKeepTheirOwnShapeAndRefuseAnotherSize() {
    Graph graph = depthwiseThenShared();
    Tensor nine = Tensor.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9}, 9);
    Weight changed = graph.withWeights(Map.of("shared", nine)).weight("shared").orElseThrow();
    assertThat(changed.shape()).isEqualTo(Shape.of(1, 1, 3, 3));
    assertThat(changed.value().values()[8]).isEqualTo(9f);
    Tensor eight = Tensor.of(new float[8], 8);
    assertThatThrownBy(() -> graph.withWeights(Map.of("shared", eight)))
        .isInstanceOf(GraphException.class)
        .hasMessageContaining("shared");
  }

  @Test
  void anOperandMustBeDefinedBeforeItsUse() {
    Node node = new Node("n", new Op.Unary(Op.UnaryKind.ABS), List.of("later"), "n");
    assertThatThrownBy(
            () ->
                new Graph(
                    "net",
                    List.of(),
                    List.of(node),
                    List.of(),
                    Map.of(),
                    List.of(new Graph.Layer("n", "Abs"))))
        .isInstanceOf(GraphException.class)
        .hasMessageContaining("later");
  }

  @Test
  void sliceCountsWithItsStride() {
    GraphBuilder b = image();
    Op slice = new Op.Slice(List.of(0, 1, 0, 0), List.of(0, 32, 32, 1), List.of(1, 2, 3, 1));
    assertThat(b.shape(b.add("s", slice, "x"))).isEqualTo(Shape.of(Shape.UNKNOWN, 16, 11, 1));
  }
}
