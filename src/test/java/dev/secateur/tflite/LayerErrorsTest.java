package dev.secateur.tflite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Tensor;
import dev.secateur.plan.Quantization;
import dev.secateur.plan.Scheme;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class LayerErrorsTest {
  /**
   * As TensorFlow 2.18's {@code QuantizationDebugger} has them of the same files and samples: the
   * root of {@code mean_squared_error} over {@code scale}. Softmax is left out: it is part of the
   * last layer here. Its kernels are another build's: within a tenth.
   */
  static Stream<Arguments> official() {
    return Stream.of(
        Arguments.of(
            "mlperf_resnet8_cifar10",
            Map.ofEntries(
                Map.entry("conv2d", 0.498),
                Map.entry("conv2d_1", 0.263),
                Map.entry("conv2d_2", 0.300),
                Map.entry("add", 0.241),
                Map.entry("conv2d_3", 0.252),
                Map.entry("conv2d_4", 0.313),
                Map.entry("conv2d_5", 0.293),
                Map.entry("add_1", 0.210),
                Map.entry("conv2d_6", 0.217),
                Map.entry("conv2d_7", 0.327),
                Map.entry("conv2d_8", 0.292),
                Map.entry("add_2", 0.160),
                Map.entry("flatten", 0.0),
                Map.entry("dense", 0.506))),
        Arguments.of(
            "onepixel_lenet_cifar10",
            Map.of(
                "conv2d_1", 0.327,
                "max_pooling2d_1", 0.0,
                "conv2d_2", 0.331,
                "flatten_1", 0.0,
                "dense_1", 0.213,
                "dense_2", 0.207,
                "dense_3", 0.315)));
  }

  @ParameterizedTest
  @MethodSource("official")
  void errorsAreThoseOfTheOfficialDebugger(String name, Map<String, Double> official) {
    Reference reference = Reference.of(name);
    List<LayerError> errors =
        Lowered.of(reference.graph())
            .errors(
                Scheme.INT8,
                reference.calibration(),
                Quantization.DEFAULT,
                Reference.batches(reference.array("rep"), 1),
                1);
    Map<String, Double> ours =
        errors.stream().collect(Collectors.toMap(LayerError::layer, LayerError::error));
    official.forEach(
        (layer, error) ->
            assertThat(ours.get(layer)).as(layer).isCloseTo(error, within(0.1 * error)));
    assertThat(errors).isSortedAccordingTo((a, b) -> Double.compare(b.error(), a.error()));
  }

  /** What lies beyond the calibrated range is cut off: the layer where that happens is first. */
  @Test
  void theLayerWhoseRangeIsTooNarrowIsTheWorst() {
    Networks n = new Networks(1);
    String x = n.input(1, 8);
    Graph graph = n.build(n.dense("last", n.dense("narrow", n.dense("first", x, 8), 8), 8));
    Lowered lowered = Lowered.of(graph);
    List<List<Tensor>> samples = List.of(List.of(Networks.samples(graph, 16, 2)));
    Calibration sound = new Calibrator(1).calibrate(graph, samples);
    Map<String, Range> ranges = new HashMap<>(sound.ranges());
    String narrow =
        lowered.program().operators().stream()
            .filter(o -> o.layer().equals("narrow"))
            .map(o -> lowered.program().tensor(o.output()).name())
            .findFirst()
            .orElseThrow();
    ranges.computeIfPresent(narrow, (k, r) -> new Range(r.min() / 8, r.max() / 8));
    List<LayerError> before = lowered.errors(Scheme.INT8, sound, Quantization.DEFAULT, samples, 1);
    List<LayerError> after =
        lowered.errors(
            Scheme.INT8,
            new Calibration(ranges, sound.samples(), List.of()),
            Quantization.DEFAULT,
            samples,
            1);
    assertThat(before).allSatisfy(e -> assertThat(e.error()).isBetween(0.1, 1.5));
    assertThat(after.get(0).layer()).isEqualTo("narrow");
    assertThat(after.get(0).error()).isGreaterThan(10);
    assertThat(lowered.errors(Scheme.FLOAT16, sound, Quantization.DEFAULT, samples, 1)).isEmpty();
    assertThat(
            lowered.errors(
                Scheme.INT8, sound, Quantization.DEFAULT.keeping(List.of("narrow")), samples, 1))
        .extracting(LayerError::layer)
        .containsExactlyInAnyOrder("first", "last");
  }
}
