package dev.secateur.abuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.keras.KerasException;
import dev.secateur.keras.KerasReader;
import dev.secateur.keras.refusal.Kind;
import dev.secateur.keras.refusal.Reason;
import dev.secateur.plan.Quantization;
import dev.secateur.tflite.Calibration;
import dev.secateur.tflite.Calibrator;
import dev.secateur.tflite.ModelMetadata;
import dev.secateur.tflite.TfliteCompiler;
import dev.secateur.tflite.TfliteInterpreter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every real file of {@code ../shared/models} converts to INT8 or is refused with its reason. */
class SharedModelsTest {
  private static final Path MODELS = Path.of("..", "shared", "models");
  private static final ModelMetadata METADATA = new ModelMetadata("test", "");
  private static final Set<String> REFUSED =
      Set.of(
          "trustai_lstm_mnist.h5",
          "carnd_nvidia_keras1_lambda.h5",
          "dl4j_model_lambda.h5",
          "hls4ml_finn_RN07_qkeras_cifar10.h5",
          "keras_issue_nested_container.keras",
          "deepxplore_mnist_lenet1_weights.h5");

  @ParameterizedTest
  @CsvSource({
    "trustai_lstm_mnist.h5, RECURRENT",
    "carnd_nvidia_keras1_lambda.h5, EXECUTES_CODE",
    "dl4j_model_lambda.h5, EXECUTES_CODE",
    "hls4ml_finn_RN07_qkeras_cifar10.h5, CUSTOM_CLASS",
    "keras_issue_nested_container.keras, CUSTOM_CLASS",
    "deepxplore_mnist_lenet1_weights.h5, WEIGHTS_ONLY",
  })
  void whatCannotBeConvertedIsRefusedWithItsReason(String name, Kind kind) {
    Path file = MODELS.resolve(name);
    assumeTrue(Files.exists(file), () -> file + " is absent");
    Reading reading = Reading.of(file);
    assertThat(reading.foul()).isEmpty();
    assertThat(reading.refusal()).isPresent();
    assertThat(((KerasException) reading.refusal().orElseThrow()).reasons())
        .extracting(Reason::kind)
        .contains(kind);
  }

  @Test
  void everyOtherModelConvertsToInt8AndStaysCloseToItsFloat() throws IOException {
    assumeTrue(Files.isDirectory(MODELS), "../shared/models is absent");
    try (Stream<Path> files = Files.list(MODELS)) {
      List<Path> usable =
          files.filter(f -> !REFUSED.contains(f.getFileName().toString())).sorted().toList();
      assertThat(usable).hasSizeGreaterThanOrEqualTo(14);
      assertThat(usable).allSatisfy(SharedModelsTest::converts);
    }
  }

  private static void converts(Path file) {
    Graph graph = KerasReader.read(file).graph();
    List<Tensor> samples = samples(graph, 16);
    Calibration calibration = new Calibrator(1).calibrate(graph, List.of(samples));
    try (TfliteInterpreter fp32 =
            TfliteInterpreter.open(TfliteCompiler.float32(graph, METADATA), 1);
        TfliteInterpreter int8 =
            TfliteInterpreter.open(
                TfliteCompiler.int8(graph, calibration, Quantization.DEFAULT, METADATA), 1)) {
      float[] y = fp32.predict(samples).get(0).values();
      float[] q = int8.predict(samples).get(0).values();
      double error = 0;
      double power = 1e-6;
      for (int i = 0; i < y.length; i++) {
        error += Math.pow((double) y[i] - q[i], 2);
        power += Math.pow(y[i], 2);
      }
      assertThat(Math.sqrt(error / power)).as("relative error of %s", file).isLessThan(0.35);
    }
  }

  private static List<Tensor> samples(Graph graph, int count) {
    Random random = new Random(1);
    List<Tensor> samples = new ArrayList<>();
    for (Graph.Input input : graph.inputs()) {
      Shape shape = input.shape().withBatch(count);
      float[] values = new float[Math.toIntExact(shape.size())];
      for (int i = 0; i < values.length; i++) {
        values[i] = random.nextFloat();
      }
      samples.add(new Tensor(shape, values));
    }
    return samples;
  }
}
