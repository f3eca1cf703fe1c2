package dev.secateur.tflite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.plan.Quantization;
import dev.secateur.plan.Scheme;
import dev.secateur.tflite.TfliteInterpreter.Kernels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Real Keras files, beside what TensorFlow's own converter makes of them. */
class ReferenceParityTest {
  @SuppressWarnings("unused")
  private static final List<String> NAMES = Reference.NAMES;

  /** INT8 sizes of the official converter that must not be passed. */
  private static final Map<String, Integer> BYTES =
      Map.of(
          "mlperf_resnet8_cifar10", 98_816,
          "mlperf_vww_mobilenetv1_96", 318_384,
          "teachablemachine_waste_mobilenetv2", 774_912,
          "onepixel_resnet32_cifar10", 542_296);

  @ParameterizedTest
  @FieldSource("NAMES")
  void floatEqualsTheOfficialFloat(String name) {
    Reference reference = Reference.of(name);
    TfliteModel model = TfliteCompiler.float32(reference.graph(), Networks.METADATA);
    Tensor expected = reference.array("y_fp32");
    Tensor actual = run(model, reference.array("x"));
    assertThat(Errors.largest(actual, expected)).isLessThan(1e-5 * Errors.range(expected));
  }

  @ParameterizedTest
  @FieldSource("NAMES")
  void int8AgreesWithKerasAsWellAsTheOfficialInt8(String name) throws IOException {
    Reference reference = Reference.of(name);
    Graph graph = reference.graph();
    TfliteModel model =
        TfliteCompiler.int8(
            graph, reference.calibration(), Quantization.DEFAULT, Networks.METADATA);
    Tensor keras = reference.array("y_keras");
    Tensor official = reference.array("y_int8");
    Tensor ours = run(model, reference.array("x"));
    if (name.equals("mlperf_ad01_dense_ae")) {
      assertThat(Errors.rootMeanSquare(ours, keras))
          .isLessThan(1.005 * Errors.rootMeanSquare(official, keras));
    } else {
      // One sample in 200 may differ; these sets have 64 and fewer.
      assertThat(Errors.agreements(ours, keras))
          .isGreaterThanOrEqualTo(Errors.agreements(official, keras) - keras.shape().dim(0) / 200);
    }
    Path file = reference.folder().resolve("int8.tflite");
    assertThat((long) model.size()).isLessThanOrEqualTo(Files.size(file));
    if (BYTES.containsKey(name)) {
      assertThat(model.size()).isLessThanOrEqualTo(BYTES.get(name));
    }
  }

  /**
   * Devices have the one kernels or the other, and the official answers above are XNNPACK's. Sums
   * in another order and other roundings of int8 products may differ, by as little as this.
   */
  @ParameterizedTest
  @FieldSource("NAMES")
  void theBuiltInKernelsAnswerAsXnnpack(String name) {
    Reference reference = Reference.of(name);
    Tensor x = reference.array("x");
    TfliteModel model = TfliteCompiler.float32(reference.graph(), Networks.METADATA);
    Tensor xnnpack = run(model, x);
    Tensor builtIn = run(model, x, Kernels.BUILT_IN);
    assertThat(Errors.largest(builtIn, xnnpack)).isLessThan(1e-4 * Errors.range(xnnpack));

    TfliteModel int8 =
        TfliteCompiler.int8(
            reference.graph(), reference.calibration(), Quantization.DEFAULT, Networks.METADATA);
    Tensor keras = reference.array("y_keras");
    if (name.equals("mlperf_ad01_dense_ae")) {
      assertThat(Errors.rootMeanSquare(run(int8, x, Kernels.BUILT_IN), keras))
          .isLessThan(1.01 * Errors.rootMeanSquare(run(int8, x), keras));
    } else {
      int samples = keras.shape().dim(0);
      assertThat(Errors.agreements(run(int8, x, Kernels.BUILT_IN), run(int8, x)))
          .isGreaterThanOrEqualTo(samples - Math.max(1, samples / 32));
    }
  }

  @Test
  void resNet8KeepsItsAccuracyInInt8() {
    Reference reference = Reference.of("mlperf_resnet8_cifar10");
    Path test = Reference.SHARED.resolve("data").resolve("cifar10_test1k.npz");
    Tensor images = Reference.npz(test, "x");
    Tensor labels = Reference.npz(test, "y");
    TfliteModel model =
        TfliteCompiler.int8(
            reference.graph(), reference.calibration(), Quantization.DEFAULT, Networks.METADATA);
    Tensor outputs = run(model, images);
    int right = 0;
    for (int i = 0; i < 1000; i++) {
      right += Errors.argMax(outputs, i) == (int) labels.values()[i] ? 1 : 0;
    }
    // The official INT8 model gets 878.
    assertThat(right).isGreaterThanOrEqualTo(878);
    assertThat(outputs.shape()).isEqualTo(Shape.of(1000, 10));
  }

  @ParameterizedTest
  @FieldSource("NAMES")
  void eachSchemeAnswersAsKerasWithinWhatItsNumbersCanSay(String name) {
    Reference reference = Reference.of(name);
    Lowered lowered = Lowered.of(reference.graph());
    Optional<Calibration> calibration = Optional.of(reference.calibration());
    Tensor keras = reference.array("y_keras");
    for (Scheme scheme : Scheme.values()) {
      TfliteModel model =
          lowered.quantized(scheme, calibration, Quantization.DEFAULT, Networks.METADATA);
      for (Kernels kernels : Kernels.values()) {
        Tensor actual = run(model, reference.array("x"), kernels);
        assertThat(Errors.rootMeanSquare(actual, keras) / Errors.range(keras))
            .isLessThan(scheme == Scheme.FLOAT16 ? 1e-3 : 0.025);
      }
    }
  }

  private static Tensor run(TfliteModel model, Tensor x) {
    return run(model, x, Kernels.XNNPACK);
  }

  private static Tensor run(TfliteModel model, Tensor x, Kernels kernels) {
    try (TfliteInterpreter interpreter = TfliteInterpreter.open(model, 2, kernels)) {
      return Reference.predict(interpreter, x);
    }
  }
}
