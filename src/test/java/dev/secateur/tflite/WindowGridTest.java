package dev.secateur.tflite;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Op;
import dev.secateur.graph.Op.Size;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.Weight.Role;
import dev.secateur.plan.Quantization;
import dev.secateur.tflite.TfliteInterpreter.Kernels;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Each operation with a window, over windows, strides, dilations and sizes drawn from seeds: float
 * and INT8, on XNNPACK and on the built-in kernels, against the operation's definition.
 */
class WindowGridTest {
  private static final int CASES = 150;
  private static final double FEW_STEPS = 4.0 / 255;

  /** One drawn network around an operation, and what it must answer. */
  private record Drawn(String name, Graph graph, Function<Tensor, Tensor> reference) {}

  private enum Kind {
    CONV,
    GROUPED,
    DEPTHWISE,
    TRANSPOSED,
    MAX_POOL,
    AVERAGE_POOL;

    Drawn draw(long seed) {
      Random random = new Random(seed);
      Op.Padding padding = random.nextInt(4) == 0 ? Op.Padding.VALID : Op.Padding.SAME;
      Size window = new Size(1 + random.nextInt(4), 1 + random.nextInt(4));
      Size strides = new Size(1 + random.nextInt(5), 1 + random.nextInt(5));
      Size dilation =
          random.nextInt(3) == 0
              ? new Size(1 + random.nextInt(3), 1 + random.nextInt(3))
              : Size.ONE;
      // At least what the window, dilated, needs without padding.
      int height = random.nextInt(6) + (window.height() - 1) * dilation.height() + 1;
      int width = random.nextInt(6) + (window.width() - 1) * dilation.width() + 1;
      if (padding == Op.Padding.SAME && random.nextBoolean()) {
        height = 1 + random.nextInt(4);
        width = 1 + random.nextInt(4);
      }
      String name =
          "%s %d: %s window %s strides %s dilation %s on %d×%d"
              .formatted(this, seed, padding, window, strides, dilation, height, width);
      Networks n = new Networks(seed);
      String x = n.input(1, height, width, 4);
      return switch (this) {
        case CONV -> conv(name, n, x, new Op.Conv2D(strides, padding, dilation, 1), window);
        case GROUPED -> conv(name, n, x, new Op.Conv2D(strides, padding, dilation, 2), window);
        case DEPTHWISE -> depthwise(name, n, x, strides, padding, dilation, window);
        case TRANSPOSED ->
            transposed(name, n, x, strides, padding, dilation, window, random.nextInt(3));
        case MAX_POOL -> pool(name, n, x, Op.PoolKind.MAX, window, strides, padding);
        case AVERAGE_POOL -> pool(name, n, x, Op.PoolKind.AVERAGE, window, strides, padding);
      };
    }
  }

  private static Drawn conv(String name, Networks n, String x, Op.Conv2D op, Size window) {
    String k =
        n.weight("k", Role.KERNEL, 0.4f, window.height(), window.width(), 4 / op.groups(), 6);
    Graph graph = n.build(n.add("op", op, x, k, n.weight("b", Role.BIAS, 0.3f, 6)));
    return new Drawn(
        name, graph, in -> WindowReference.conv(op, in, value(graph, "k"), value(graph, "b")));
  }

  private static Drawn depthwise(
      String name, Networks n, String x, Size strides, Op.Padding padding, Size dilation, Size w) {
    Op.DepthwiseConv2D op = new Op.DepthwiseConv2D(strides, padding, dilation);
    String k = n.weight("k", Role.KERNEL, 0.4f, w.height(), w.width(), 4, 2);
    Graph graph = n.build(n.add("op", op, x, k, n.weight("b", Role.BIAS, 0.3f, 8)));
    return new Drawn(
        name, graph, in -> WindowReference.depthwise(op, in, value(graph, "k"), value(graph, "b")));
  }

  /** Sizes as Keras gives them without output padding, and with some. */
  private static Drawn transposed(
      String name,
      Networks n,
      String x,
      Size strides,
      Op.Padding padding,
      Size dilation,
      Size w,
      int more) {
    Shape in = n.builder().shape(x);
    Op.Conv2DTranspose op =
        new Op.Conv2DTranspose(
            strides,
            padding,
            dilation,
            transposedSize(
                in.dim(1), w.height(), strides.height(), dilation.height(), padding, more),
            transposedSize(in.dim(2), w.width(), strides.width(), dilation.width(), padding, more));
    String k = n.weight("k", Role.KERNEL, 0.4f, w.height(), w.width(), 5, 4);
    Graph graph = n.build(n.add("op", op, x, k, n.weight("b", Role.BIAS, 0.3f, 5)));
    return new Drawn(
        name, graph, t -> WindowReference.transposed(op, t, value(graph, "k"), value(graph, "b")));
  }

  private static int transposedSize(
      int in, int window, int stride, int dilation, Op.Padding padding, int more) {
    int effective = (window - 1) * dilation + 1;
    int largest =
        padding == Op.Padding.SAME ? in * stride : in * stride + Math.max(0, effective - stride);
    return Math.max(largest - (padding == Op.Padding.SAME ? Math.min(more, stride - 1) : 0), 1);
  }

  private static Drawn pool(
      String name, Networks n, String x, Op.PoolKind kind, Size w, Size strides, Op.Padding p) {
    Op.Pool2D op = new Op.Pool2D(kind, w, strides, p);
    return new Drawn(name, n.build(n.add("op", op, x)), in -> WindowReference.pool(op, in));
  }

  private static Tensor value(Graph graph, String weight) {
    return graph.weight(weight).orElseThrow().value();
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void everyKernelAnswersAsTheOperationIsDefined(Kind kind) {
    SoftAssertions all = new SoftAssertions();
    for (long seed = 0; seed < CASES; seed++) {
      Drawn drawn = kind.draw(seed);
      Tensor x = Networks.samples(drawn.graph(), 3, seed);
      Tensor expected = drawn.reference().apply(x);
      double range = Errors.range(expected, 0);
      Lowered lowered = Lowered.of(drawn.graph());
      TfliteModel float32 = lowered.float32(Networks.METADATA);
      Calibration calibration = new Calibrator(1).calibrate(drawn.graph(), List.of(List.of(x)));
      TfliteModel int8 = lowered.int8(calibration, Quantization.DEFAULT, Networks.METADATA);
      for (Kernels kernels : Kernels.values()) {
        String name = drawn.name() + " on " + kernels;
        all.assertThat(error(float32, kernels, x, expected))
            .as(name + ", float")
            .isLessThan(1e-5 * range);
        all.assertThat(error(int8, kernels, x, expected))
            .as(name + ", INT8")
            .isLessThan(FEW_STEPS * range);
      }
    }
    all.assertAll();
  }

  private static double error(TfliteModel model, Kernels kernels, Tensor x, Tensor expected) {
    try (TfliteInterpreter interpreter = TfliteInterpreter.open(model, 1, kernels)) {
      return Errors.largest(interpreter.predict(List.of(x)).get(0), expected);
    }
  }
}
