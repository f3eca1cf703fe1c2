package dev.secateur.keras;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.secateur.graph.Graph;
import dev.secateur.keras.refusal.Kind;
import dev.secateur.keras.refusal.Reason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Reads and refuses the real files in {@code ../shared/models}; skipped where they are absent. */
class KerasReaderTest {
  private static Path model(String name) {
    Path file = Path.of("..", "shared", "models", name);
    assumeTrue(Files.exists(file), "needs " + file);
    return file;
  }

  /** Numbers of parameters as Keras counts them. */
  @ParameterizedTest
  @CsvSource({
    "mlperf_resnet8_cifar10.h5, 78666",
    "mlperf_vww_mobilenetv1_96.h5, 221794",
    "mlperf_ad01_dense_ae.h5, 269992",
    "onepixel_lenet_cifar10.h5, 62006",
    "suheyl_cnn_cifar10_logits.h5, 122570",
    "edano_cnn_cifar10.h5, 356810",
    "edano_cnn_cifar10.keras, 356810",
    "face_mini_xception_fer2013_102.hdf5, 58423",
    "teachablemachine_waste_mobilenetv2.h5, 538708",
  })
  void realFilesAreReadWhole(String name, long parameters) {
    assertThat(KerasReader.read(model(name)).graph().parameters()).isEqualTo(parameters);
  }

  @Test
  void bothKindsOfFileGiveTheSameNetwork() {
    Graph h5 = KerasReader.read(model("edano_cnn_cifar10.h5")).graph();
    Graph zip = KerasReader.read(model("edano_cnn_cifar10.keras")).graph();
    assertThat(zip.nodes()).isEqualTo(h5.nodes());
    assertThat(zip.weights().keySet()).isEqualTo(h5.weights().keySet());
  }

  @Test
  void theRegularizerAndTheLossComeWithTheModel() {
    KerasModel model = KerasReader.read(model("mlperf_resnet8_cifar10.h5"));
    assertThat(model.graph().weights().get("conv2d/kernel").l2()).isEqualTo(9.999999747378752e-05);
    assertThat(model.trainingConfig().orElseThrow().losses())
        .containsExactly(
            new TrainingConfig.Loss(Optional.empty(), "categorical_crossentropy", false, 0));
  }

  @ParameterizedTest
  @CsvSource({
    "trustai_lstm_mnist.h5, RECURRENT",
    "carnd_nvidia_keras1_lambda.h5, EXECUTES_CODE",
    "dl4j_model_lambda.h5, EXECUTES_CODE",
    "hls4ml_finn_RN07_qkeras_cifar10.h5, CUSTOM_CLASS",
    "keras_issue_nested_container.keras, CUSTOM_CLASS",
    "deepxplore_mnist_lenet1_weights.h5, WEIGHTS_ONLY",
  })
  void whatCannotBeSupportedIsRefusedForItsReason(String name, Kind kind) {
    Path file = model(name);
    KerasException refused =
        catchThrowableOfType(KerasException.class, () -> KerasReader.read(file));
    assertThat(refused.reasons()).extracting(Reason::kind).contains(kind);
    assertThat(refused.reasons()).allSatisfy(r -> assertThat(r.remedy()).isNotBlank());
  }

  /** So that a large file does not keep a worker from a drain. */
  @Test
  void readingStopsAtWhicheverWeightItIsToldTo() {
    KerasSource source = KerasSource.of(Path.of("examples/shapes.h5"));
    AtomicInteger asked = new AtomicInteger();
    KerasReader.read(source, () -> asked.incrementAndGet() < 0);
    assertThat(asked.get()).isGreaterThan(10);
    for (int at = 1; at <= asked.get(); at++) {
      AtomicInteger left = new AtomicInteger(at);
      assertThatExceptionOfType(CancellationException.class)
          .isThrownBy(() -> KerasReader.read(source, () -> left.decrementAndGet() == 0));
    }
  }
}
