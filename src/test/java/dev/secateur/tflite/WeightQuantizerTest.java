package dev.secateur.tflite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.Weight;
import dev.secateur.plan.Quantization;
import dev.secateur.plan.Scheme;
import dev.secateur.tflite.TfliteInterpreter.Kernels;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Kernels that are large enough to be worth it; {@link EveryOpTest} has small ones. */
class WeightQuantizerTest {
  private static final Op.Size ONE = Op.Size.ONE;

  private static final Map<String, BiFunction<Networks, String, String>> LAYERS =
      Map.of(
          "convolution", (n, x) -> n.conv("op", x, 3, 16, 1, Op.Padding.SAME),
          "strided convolution", (n, x) -> n.conv("op", x, 3, 24, 2, Op.Padding.VALID),
          "grouped convolution",
              (n, x) ->
                  n.add(
                      "op",
                      new Op.Conv2D(ONE, Op.Padding.SAME, ONE, 4),
                      x,
                      n.weight("k", Weight.Role.KERNEL, 0.2f, 3, 3, 4, 32),
                      n.weight("b", Weight.Role.BIAS, 0.2f, 32)),
          "depthwise convolution",
              (n, x) ->
                  n.add(
                      "op",
                      new Op.DepthwiseConv2D(ONE, Op.Padding.SAME, ONE),
                      x,
                      n.weight("k", Weight.Role.KERNEL, 0.3f, 5, 5, 16, 4),
                      n.weight("b", Weight.Role.BIAS, 0.2f, 64)),
          "transposed convolution",
              (n, x) ->
                  n.add(
                      "op",
                      new Op.Conv2DTranspose(new Op.Size(2, 2), Op.Padding.SAME, ONE, 16, 16),
                      x,
                      n.weight("k", Weight.Role.KERNEL, 0.2f, 3, 3, 12, 16),
                      n.weight("b", Weight.Role.BIAS, 0.2f, 12)),
          "dense", (n, x) -> n.dense("op", n.add("flat", new Op.Reshape(Shape.of(1024)), x), 10));

  static Stream<Arguments> layers() {
    return LAYERS.keySet().stream()
        .flatMap(
            layer ->
                Stream.of(Scheme.INT8_WEIGHTS, Scheme.FLOAT16)
                    .flatMap(
                        scheme ->
                            Arrays.stream(Kernels.values())
                                .map(kernels -> Arguments.of(layer, scheme, kernels))));
  }

  private static Graph graph(String layer) {
    Networks n = new Networks(7);
    return n.build(LAYERS.get(layer).apply(n, n.input(1, 8, 8, 16)));
  }

  private static TfliteModel quantized(Graph graph, Scheme scheme, Quantization how) {
    return Lowered.of(graph).quantized(scheme, Optional.empty(), how, Networks.METADATA);
  }

  @ParameterizedTest
  @MethodSource("layers")
  void largeKernelsAreStoredSmallAndComputeAsNearly(String layer, Scheme scheme, Kernels kernels) {
    Graph graph = graph(layer);
    TfliteModel model = TfliteCompiler.float32(graph, Networks.METADATA);
    TfliteModel quantized = quantized(graph, scheme, Quantization.DEFAULT);
    int parts = scheme == Scheme.FLOAT16 ? 2 : 4;
    int weights = Math.toIntExact(graph.parameters() * Float.BYTES);
    assertThat(quantized.size()).isLessThan(model.size() - weights + weights / parts + 1500);
    Tensor x = Networks.samples(graph, 5, 3);
    Tensor expected = Networks.run(model, x).get(0);
    double bound = scheme == Scheme.FLOAT16 ? 1e-3 : 0.02;
    for (Quantization how : List.of(Quantization.DEFAULT, perTensorDense())) {
      try (TfliteInterpreter interpreter =
          TfliteInterpreter.open(quantized(graph, scheme, how), 1, kernels)) {
        Tensor actual = interpreter.predict(List.of(x)).get(0);
        assertThat(Errors.largest(actual, expected)).isLessThan(bound * Errors.range(expected, 0));
      }
    }
  }

  private static Quantization perTensorDense() {
    Quantization usual = Quantization.DEFAULT;
    return new Quantization(
        usual.schemes(),
        usual.inputType(),
        usual.outputType(),
        false,
        Optional.empty(),
        usual.keepFloat(),
        true,
        usual.weightBits(),
        usual.keepInt8());
  }

  @Test
  void whatStaysFloatIsAsItWas() {
    Graph graph = graph("convolution");
    TfliteModel model = TfliteCompiler.float32(graph, Networks.METADATA);
    for (Scheme scheme : List.of(Scheme.INT8_WEIGHTS, Scheme.FLOAT16)) {
      assertThat(
              quantized(graph, scheme, Quantization.DEFAULT.keeping(List.of("op"))).toByteArray())
          .isEqualTo(model.toByteArray());
    }
  }

  /** The official converter writes infinities. */
  @Test
  void whatFloat16CannotSayStaysFloat32() {
    Networks n = new Networks(1);
    String x = n.input(1, 8, 8, 16);
    float[] large = new float[16];
    Arrays.fill(large, 1e5f);
    Graph graph =
        n.build(
            n.add(
                "op",
                new Op.Conv2D(ONE, Op.Padding.SAME, ONE, 1),
                x,
                n.weight("k", Weight.Role.KERNEL, 1e6f, 3, 3, 16, 16),
                n.constant("b", large, 16)));
    Tensor samples = Networks.samples(graph, 2, 1);
    Tensor expected =
        Networks.run(TfliteCompiler.float32(graph, Networks.METADATA), samples).get(0);
    Tensor actual =
        Networks.run(quantized(graph, Scheme.FLOAT16, Quantization.DEFAULT), samples).get(0);
    assertThat(actual.values()).isEqualTo(expected.values());
  }
}
