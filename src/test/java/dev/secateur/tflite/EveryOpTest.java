package dev.secateur.tflite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.graph.Activation;
import dev.secateur.graph.Op;
import dev.secateur.graph.Predictor;
import dev.secateur.graph.Tensor;
import dev.secateur.plan.Quantization;
import dev.secateur.plan.Scheme;
import dev.secateur.tflite.TfliteInterpreter.Kernels;
import dev.secateur.train.TensorFlowPredictor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.lite.schema.SubGraph;

/** Each operation with its options, in float and in int8, on the real runtime. */
class EveryOpTest {
  /** Four steps of 255: one each for input, operand, output and rounding. */
  private static final double FEW_STEPS = 4.0 / 255;

  /** Share of values so near a jump of the function that quantization moves them over it. */
  private static final double NEAR_A_STEP = 0.08;

  static Stream<OpCase> cases() {
    return OpCase.all().stream();
  }

  @Test
  void everyOperationHasACase() {
    Set<Class<?>> tried =
        OpCase.all().stream()
            .flatMap(c -> c.graph().nodes().stream())
            .map(n -> n.op().getClass())
            .collect(Collectors.toSet());
    // A batch normalisation that follows a convolution counts as well.
    assertThat(tried).containsAll(implementations(Op.class));
  }

  @Test
  void everyActivationHasACase() {
    Set<Object> tried =
        OpCase.all().stream()
            .map(OpCase::op)
            .filter(Op.Activate.class::isInstance)
            .map(op -> ((Op.Activate) op).function())
            .collect(Collectors.toSet());
    assertThat(tried).containsAll(List.of(Activation.Simple.values()));
    assertThat(tried.stream().map(Object::getClass).collect(Collectors.toSet()))
        .containsAll(implementations(Activation.class));
  }

  private static List<Class<?>> implementations(Class<?> sealed) {
    return Arrays.stream(sealed.getPermittedSubclasses()).<Class<?>>map(c -> c).toList();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void floatAnswersTheSameForASampleAloneAndInABatch(OpCase c) {
    TfliteModel model = TfliteCompiler.float32(c.graph(), Networks.METADATA);
    assertThat(differenceInBatch(c, model)).isLessThan(1e-6);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void floatIsWhatTensorFlowComputes(OpCase c) {
    Tensor x = Networks.samples(c.graph(), 5, 3);
    Tensor actual = Networks.run(TfliteCompiler.float32(c.graph(), Networks.METADATA), x).get(0);
    try (Predictor tensorFlow = TensorFlowPredictor.open(c.graph(), 1)) {
      Tensor expected = tensorFlow.predict(List.of(x)).get(0);
      assertThat(actual.shape()).isEqualTo(expected.shape());
      assertThat(Errors.largest(actual, expected) / Errors.range(expected, 0)).isLessThan(1e-5);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void int8IsWithinAFewStepsOfFloat(OpCase c) {
    Tensor x = Networks.samples(c.graph(), 5, 3);
    TfliteModel model = TfliteCompiler.float32(c.graph(), Networks.METADATA);
    Tensor expected = Networks.run(model, x).get(0);
    TfliteModel int8 = int8(c, Quantization.DEFAULT);
    Tensor actual = Networks.run(int8, x).get(0);
    // The quantized range includes zero.
    double range = Errors.range(expected, 0);
    assertThat(far(actual, expected, FEW_STEPS * range))
        .isLessThanOrEqualTo(c.hasSteps() ? NEAR_A_STEP : 0);
    assertThat(differenceInBatch(c, int8)).isZero();
  }

  static Stream<Arguments> schemes() {
    return OpCase.all().stream()
        .flatMap(c -> Arrays.stream(Scheme.values()).map(scheme -> Arguments.of(c, scheme)));
  }

  @ParameterizedTest
  @MethodSource("schemes")
  void eachSchemeIsAsNearAsItsNumbersAre(OpCase c, Scheme scheme) {
    Tensor x = Networks.samples(c.graph(), 5, 3);
    Lowered lowered = Lowered.of(c.graph());
    TfliteModel model = lowered.float32(Networks.METADATA);
    Tensor expected = Networks.run(model, x).get(0);
    Optional<Calibration> calibration =
        Optional.of(new Calibrator(1).calibrate(c.graph(), List.of(List.of(x))));
    TfliteModel quantized =
        lowered.quantized(scheme, calibration, Quantization.DEFAULT, Networks.METADATA);
    assertThat(tensorNames(quantized)).isEqualTo(tensorNames(model));
    double range = Errors.range(expected, 0);
    for (Kernels kernels : Kernels.values()) {
      try (TfliteInterpreter interpreter = TfliteInterpreter.open(quantized, 1, kernels)) {
        Tensor actual = interpreter.predict(List.of(x)).get(0);
        assertThat(far(actual, expected, near(scheme) * range))
            .isLessThanOrEqualTo(c.hasSteps() ? NEAR_A_STEP : 0);
      }
    }
  }

  /** Of inputs and outputs, as interpreters without signatures call them. */
  private static List<String> tensorNames(TfliteModel model) {
    SubGraph graph = FlatBufferWriterTest.read(model).subgraphs(0);
    return Stream.concat(
            IntStream.range(0, graph.inputsLength()).mapToObj(i -> graph.tensors(graph.inputs(i))),
            IntStream.range(0, graph.outputsLength())
                .mapToObj(i -> graph.tensors(graph.outputs(i))))
        .map(t -> t.name())
        .toList();
  }

  private static double near(Scheme scheme) {
    return switch (scheme) {
      case INT8, INT4, INT8_WEIGHTS -> FEW_STEPS;
      case FLOAT16 -> 1.0 / (1 << 10);
      case INT16X8 -> 2.0 / 255;
    };
  }

  /** Share of values that are further apart; one that is no number is. */
  private static double far(Tensor actual, Tensor expected, double allowed) {
    int far = 0;
    for (int i = 0; i < expected.values().length; i++) {
      double error = Math.abs(actual.values()[i] - expected.values()[i]);
      far += error < allowed ? 0 : 1;
    }
    return (double) far / expected.values().length;
  }

  private static TfliteModel int8(OpCase c, Quantization quantization) {
    Tensor x = Networks.samples(c.graph(), 5, 3);
    Calibration calibration = new Calibrator(1).calibrate(c.graph(), List.of(List.of(x)));
    return TfliteCompiler.int8(c.graph(), calibration, quantization, Networks.METADATA);
  }

  private static double differenceInBatch(OpCase c, TfliteModel model) {
    Tensor x = Networks.samples(c.graph(), 5, 3);
    Tensor one = Reference.batches(x, 1).get(2).get(0);
    Tensor batch = Networks.run(model, x).get(0);
    assertThat(batch.shape().dim(0)).isEqualTo(5);
    Tensor third = Reference.batches(batch, 1).get(2).get(0);
    return Errors.largest(Networks.run(model, one).get(0), third);
  }
}
