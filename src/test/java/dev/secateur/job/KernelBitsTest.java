package dev.secateur.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.secateur.graph.Graph;
import dev.secateur.graph.GraphBuilder;
import dev.secateur.graph.Grid;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.Weight;
import dev.secateur.plan.Quantization;
import dev.secateur.plan.Quantization.IoType;
import dev.secateur.plan.Scheme;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class KernelBitsTest {
  private static final Op.Conv2D CONVOLUTION =
      new Op.Conv2D(Op.Size.ONE, Op.Padding.SAME, Op.Size.ONE, 1);

  /** Two branches, of which the network says the sum, and a wide layer between. */
  private static Graph network(int classes) {
    GraphBuilder g = new GraphBuilder("net");
    String x = g.input("x", Shape.of(Shape.UNKNOWN, 4, 4, 3));
    String first = g.add("first", CONVOLUTION, x, kernel(g, "first/kernel", 3, 3, 3, 4));
    String wide = g.add("wide", CONVOLUTION, first, kernel(g, "wide/kernel", 3, 3, 4, 200));
    String flat = g.add("mean", new Op.Reduce(Op.ReduceKind.MEAN, List.of(1, 2), false), wide);
    String middle = g.add("middle", new Op.Dense(), flat, kernel(g, "middle/kernel", 200, 8));
    String head = g.add("head", new Op.Dense(), middle, kernel(g, "head/kernel", 8, classes));
    return g.output("y", head).build();
  }

  private static String kernel(GraphBuilder g, String name, int... dims) {
    Shape shape = Shape.of(dims);
    Tensor value = new Tensor(shape, new float[(int) shape.size()]);
    return g.weight(new Weight(name, Weight.Role.KERNEL, value, true, 0, 0));
  }

  private static KernelBits bits(Graph network, Optional<List<String>> keepInt8) {
    return KernelBits.of(network, how(keepInt8, List.of()));
  }

  private static Quantization how(Optional<List<String>> keepInt8, List<String> keepFloat) {
    return new Quantization(
        List.of(Scheme.INT4),
        IoType.FLOAT32,
        IoType.FLOAT32,
        false,
        Optional.empty(),
        Optional.of(keepFloat),
        false,
        Quantization.BYTE,
        keepInt8);
  }

  @Test
  void layersThatStayFloatAreNotRounded() {
    KernelBits bits = KernelBits.of(network(10), how(Optional.empty(), List.of("wide", "head")));
    assertThat(bits.most().applyAsInt("wide/kernel")).isZero();
    assertThat(bits.most().applyAsInt("head/kernel")).isZero();
    assertThat(bits.most().applyAsInt("middle/kernel")).isEqualTo(Grid.FOUR_BITS);
  }

  @Test
  void theEndsKeepEightBitsWhereTheyAreSmall() {
    KernelBits bits = bits(network(10), Optional.empty());
    assertThat(bits.kept()).containsExactlyInAnyOrder("first/kernel", "head/kernel");
    assertThat(bits.most().applyAsInt("head/kernel")).isEqualTo(Grid.EIGHT_BITS);
    assertThat(bits.most().applyAsInt("wide/kernel")).isEqualTo(Grid.FOUR_BITS);
  }

  @Test
  void anEndThatIsLargeDoesNot() {
    assertThat(bits(network(1000), Optional.empty()).kept()).containsExactly("first/kernel");
  }

  @Test
  void layersThatAreNamedDoAndNoOthers() {
    assertThat(bits(network(10), Optional.of(List.of("wide"))).kept())
        .containsExactly("wide/kernel");
    assertThat(bits(network(10), Optional.of(List.of())).kept()).isEmpty();
  }

  @Test
  void aLayerWithoutAKernelIsRefused() {
    assertThatThrownBy(() -> bits(network(10), Optional.of(List.of("mean"))))
        .isInstanceOf(JobException.class)
        .hasMessage(
            "/quantization/keepInt8: no layer mean with a kernel; there are first, head, middle,"
                + " wide");
  }
}
