package dev.secateur.tflite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.secateur.graph.Graph;
import dev.secateur.plan.Quantization;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TfliteFootprintTest {
  /**
   * What the RecordingMicroAllocator of TFLite Micro (PyPI's tflite-micro 0.dev20261023182759) says
   * of the official converter's INT8 files: "Arena allocation head".
   */
  @ParameterizedTest
  @CsvSource({
    "edano_cnn_cifar10, 36000",
    "face_mini_xception_fer2013_102, 129600",
    "mlperf_ad01_dense_ae, 3200",
    "mlperf_resnet8_cifar10, 49152",
    "mlperf_streaming_wakeword, 6656",
    "mlperf_vww_mobilenetv1_96, 138240",
    "netspresso_mobilenetv1_cifar100_compressed, 122080",
    "onepixel_lenet_cifar10, 15360",
    "onepixel_resnet32_cifar10, 65536",
    "suheyl_cnn_cifar10_logits, 36000",
    "teachablemachine_waste_mobilenetv2, 752640"
  })
  void activationsTakeWhatTfliteMicroAllocatesForThem(String name, long bytes) {
    Path file = Reference.SHARED.resolve("reference").resolve(name).resolve("int8.tflite");
    assumeTrue(Files.exists(file), () -> file + " is absent");
    assertThat(TfliteFootprint.of(file).activationBytes()).isEqualTo(bytes);
  }

  @Test
  void anOperatorCountsOnceHoweverOftenItRuns() {
    Graph graph = Networks.resNet();
    Calibration calibration =
        new Calibrator(1).calibrate(graph, List.of(List.of(Networks.samples(graph, 4, 1))));
    TfliteFootprint int8 =
        TfliteFootprint.of(
            TfliteCompiler.int8(graph, calibration, Quantization.DEFAULT, Networks.METADATA));
    assertThat(int8.distinctOperators())
        .containsExactly(
            "ADD",
            "AVERAGE_POOL_2D",
            "CONV_2D",
            "DEQUANTIZE",
            "FULLY_CONNECTED",
            "QUANTIZE",
            "RESHAPE",
            "SOFTMAX");
    assertThat(int8.operators()).hasSizeGreaterThan(8);
    assertThat(int8.peak().tensor().bytes()).isPositive();
  }
}
