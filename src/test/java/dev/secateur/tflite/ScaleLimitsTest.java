package dev.secateur.tflite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.secateur.graph.Activation;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Op;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.Weight;
import dev.secateur.plan.Quantization;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever the ranges, the file runs on XNNPACK and on the built-in kernels. (Kernels that are
 * asked for too much may end the process: then this test ends with it.)
 */
class ScaleLimitsTest {
  private static final int SEEDS = 12;

  static Stream<OpCase> operations() {
    return OpCase.all().stream();
  }

  @ParameterizedTest
  @MethodSource("operations")
  void everyOperationRunsUnderAnyRanges(OpCase c) {
    Lowered lowered = Lowered.of(c.graph());
    ArtifactCheck check = new ArtifactCheck(List.of(Networks.samples(c.graph(), 2, 1)), 1);
    for (long seed = 0; seed < SEEDS; seed++) {
      Calibration calibration = anyRanges(lowered.program(), new Random(seed));
      TfliteModel int8 = lowered.int8(calibration, Quantization.DEFAULT, Networks.METADATA);
      assertThatCode(() -> check.runs(int8))
          .as("%s under %s", c, calibration.ranges())
          .doesNotThrowAnyException();
    }
  }

  private static Calibration anyRanges(Program program, Random random) {
    Map<String, Range> ranges = new HashMap<>();
    program.inputs().forEach(i -> ranges.put(program.tensor(i.tensor()).name(), range(random)));
    QuantizationPlan.watched(program)
        .forEach(t -> ranges.put(program.tensor(t).name(), range(random)));
    return new Calibration(ranges, new Calibration.Samples("", 1, 0, 1), List.of());
  }

  private static Range range(Random random) {
    float size = (float) Math.pow(10, random.nextInt(45) - 12);
    return switch (random.nextInt(5)) {
      case 0 -> new Range(0, 0);
      case 1 -> new Range(0, size);
      case 2 -> new Range(-size, 0);
      case 3 -> new Range(-Float.MAX_VALUE, Float.MAX_VALUE);
      default -> new Range(-size * random.nextFloat(), size * random.nextFloat());
    };
  }

  /** A network of which a part is always zero, or out of all proportion. */
  private record Network(String name, Graph graph) {
    @Override
    public String toString() {
      return name;
    }
  }

  private interface Body {
    String apply(Networks network, String x, String dead);
  }

  private static Network dead(String name, Body body) {
    Networks n = new Networks(5);
    String x = n.conv("c", n.input(1, 8, 8, 3), 3, 8, 1, Op.Padding.SAME);
    x = n.add("r", new Op.Activate(Activation.Simple.RELU), x);
    String kernel = n.weight("dead/k", Weight.Role.KERNEL, 0.2f, 3, 3, 8, 8);
    float[] low = {-100, -100, -100, -100, -100, -100, -100, -100};
    Op same = new Op.Conv2D(Op.Size.ONE, Op.Padding.SAME, Op.Size.ONE, 1);
    String dead = n.add("dead", same, x, kernel, n.constant("dead/b", low, 8));
    dead = n.add("dead/r", new Op.Activate(Activation.Simple.RELU), dead);
    return new Network(name, n.build(body.apply(n, x, dead)));
  }

  private static String head(Networks n, String x) {
    String mean = n.add("mean", new Op.Reduce(Op.ReduceKind.MEAN, List.of(1, 2), false), x);
    String logits = n.dense("head", mean, 4);
    return n.add("softmax", new Op.Activate(new Activation.Softmax(1)), logits);
  }

  static Stream<Network> networks() {
    Op add = new Op.Binary(Op.BinaryKind.ADD);
    Op multiply = new Op.Binary(Op.BinaryKind.MULTIPLY);
    Op subtract = new Op.Binary(Op.BinaryKind.SUBTRACT);
    return Stream.of(
        dead("in a chain", (n, x, d) -> head(n, n.conv("e", d, 3, 8, 1, Op.Padding.SAME))),
        dead("before the head", (n, x, d) -> head(n, d)),
        dead("in a residual block", (n, x, d) -> head(n, n.add("op", add, x, d))),
        dead("subtracted", (n, x, d) -> head(n, n.add("op", subtract, x, d))),
        dead("on both sides of a sum", (n, x, d) -> head(n, n.add("op", add, d, d))),
        dead("as a factor", (n, x, d) -> head(n, n.add("op", multiply, x, d))),
        dead("joined to the living", (n, x, d) -> head(n, n.add("op", new Op.Concat(3), x, d))),
        dead(
            "in the gate of a squeeze-and-excite block",
            (n, x, d) -> {
              String s = n.add("s", new Op.Reduce(Op.ReduceKind.MEAN, List.of(1, 2), true), d);
              s = n.conv("s1", s, 1, 8, 1, Op.Padding.SAME);
              s = n.add("s2", new Op.Activate(Activation.Simple.SIGMOID), s);
              return head(n, n.add("op", multiply, x, s));
            }),
        dead(
            "with a constant added that is zero",
            (n, x, d) -> head(n, n.add("op", add, x, n.constant("zero", new float[8], 8)))),
        dead(
            "through an activation",
            (n, x, d) -> head(n, n.add("op", new Op.Activate(Activation.Simple.HARD_SWISH), d))),
        dead("with a huge bias after it", (n, x, d) -> head(n, huge(n, d))),
        dead("with a huge bias beside it", (n, x, d) -> head(n, n.add("op", add, huge(n, x), d))),
        dead("normalised", (n, x, d) -> head(n, constantChannel(n, d))));
  }

  private static String huge(Networks n, String x) {
    float[] bias = {1e6f, 0, 0, 0, 0, 0, 0, -1e6f};
    String kernel = n.weight("huge/k", Weight.Role.KERNEL, 0.2f, 1, 1, 8, 8);
    Op point = new Op.Conv2D(Op.Size.ONE, Op.Padding.SAME, Op.Size.ONE, 1);
    return n.add("huge", point, x, kernel, n.constant("huge/b", bias, 8));
  }

  /** Batch normalisation as training leaves it behind what is always zero. */
  private static String constantChannel(Networks n, String x) {
    String one = n.constant("one", new float[] {1, 1, 1, 1, 1, 1, 1, 1}, 8);
    String zero = n.constant("none", new float[8], 8);
    Op norm = new Op.BatchNormalization(1e-12f, 0.99f, false);
    return n.add("norm", norm, n.conv("e", x, 1, 8, 1, Op.Padding.SAME), one, one, zero, zero);
  }

  @ParameterizedTest
  @MethodSource("networks")
  void deadActivationsAnswerAsInFloat(Network network) {
    Tensor x = Networks.samples(network.graph(), 8, 1);
    Lowered lowered = Lowered.of(network.graph());
    Calibration calibration = new Calibrator(1).calibrate(network.graph(), List.of(List.of(x)));
    TfliteModel int8 = lowered.int8(calibration, Quantization.DEFAULT, Networks.METADATA);
    new ArtifactCheck(List.of(x), 1).runs(int8);
    Tensor expected = Networks.run(lowered.float32(Networks.METADATA), x).get(0);
    Tensor actual = Networks.run(int8, x).get(0);
    assertThat(Errors.largest(actual, expected)).isLessThan(0.03);
  }
}
