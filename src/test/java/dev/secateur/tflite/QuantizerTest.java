package dev.secateur.tflite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.secateur.graph.Activation;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Op;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.Weight;
import dev.secateur.plan.Quantization;
import dev.secateur.plan.Quantization.IoType;
import dev.secateur.plan.Scheme;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantizerTest {
  private static Calibration calibrate(Graph graph) {
    return new Calibrator(1).calibrate(graph, List.of(List.of(Networks.samples(graph, 8, 1))));
  }

  private static Program quantized(Graph graph) {
    return Quantizer.quantize(
        TfliteLowering.lower(graph), calibrate(graph), Scheme.INT8, Quantization.DEFAULT, Map.of());
  }

  private static List<Opcode> opcodes(Program program) {
    return program.operators().stream().map(Operator::opcode).toList();
  }

  private static Tensor runInt8(Graph graph, Quantization options, Tensor x) {
    return Networks.run(TfliteCompiler.int8(graph, calibrate(graph), options, Networks.METADATA), x)
        .get(0);
  }

  @ParameterizedTest
  @CsvSource({
    "FLOAT32,FLOAT32",
    "INT8,INT8",
    "UINT8,UINT8",
    "INT8,FLOAT32",
    "UINT8,INT8",
    "FLOAT32,UINT8"
  })
  void everyKindOfInputAndOutputAnswersTheSame(IoType in, IoType out) {
    Graph graph = Networks.resNet();
    Tensor x = Networks.samples(graph, 8, 1);
    Tensor expected = runInt8(graph, Quantization.DEFAULT, x);
    Tensor actual = runInt8(graph, new Quantization(in, out, false), x);
    assertThat(Errors.largest(actual, expected)).isLessThanOrEqualTo(1.001 / 256);
  }

  @Test
  void softplusBecomesAFloatIsland() {
    Networks n = new Networks(3);
    String x = n.conv("c1", n.input(1, 8, 8, 3), 3, 4, 1, Op.Padding.SAME);
    x = n.add("soft", new Op.Activate(Activation.Simple.SOFTPLUS), x);
    Graph graph = n.build(n.conv("c2", x, 3, 4, 1, Op.Padding.SAME));
    List<Opcode> opcodes = opcodes(quantized(graph));
    assertThat(opcodes)
        .containsExactly(
            Opcode.QUANTIZE,
            Opcode.CONV_2D,
            Opcode.DEQUANTIZE,
            Opcode.ABS,
            Opcode.NEG,
            Opcode.EXP,
            Opcode.ADD,
            Opcode.LOG,
            Opcode.RELU,
            Opcode.ADD,
            Opcode.QUANTIZE,
            Opcode.CONV_2D,
            Opcode.DEQUANTIZE);
  }

  @Test
  void integersOnlyRefusesFloatIslandsByTheNameOfTheLayer() {
    Networks n = new Networks(3);
    String x = n.add("soft", new Op.Activate(Activation.Simple.SOFTPLUS), n.input(1, 8, 8, 3));
    Graph graph = n.build(n.conv("c2", x, 3, 4, 1, Op.Padding.SAME));
    Quantization integerOnly = new Quantization(IoType.INT8, IoType.INT8, true);
    Calibration calibration = calibrate(graph);
    assertThatThrownBy(
            () -> TfliteCompiler.int8(graph, calibration, integerOnly, Networks.METADATA))
        .isInstanceOf(TfliteException.class)
        .hasMessageContaining("soft [ABS, NEG, EXP, ADD, LOG, RELU]")
        .hasMessageNotContaining("c2");
  }

  @Test
  void poolsAndReshapesKeepTheScaleOfTheirOperand() {
    Program program = quantized(Networks.resNet());
    for (Operator operator : program.operators()) {
      if (operator.opcode() == Opcode.AVERAGE_POOL_2D || operator.opcode() == Opcode.RESHAPE) {
        assertThat(program.tensor(operator.output()).quantization())
            .isEqualTo(program.tensor(operator.inputs().get(0)).quantization());
      }
    }
    assertThat(opcodes(program)).contains(Opcode.AVERAGE_POOL_2D, Opcode.RESHAPE);
  }

  @Test
  void concatenationHasOneScaleOnAllSides() {
    OpCase concat =
        OpCase.all().stream().filter(c -> c.name().equals("concat on axis 3")).findFirst().get();
    Program program = quantized(concat.graph());
    Operator operator =
        program.operators().stream()
            .filter(o -> o.opcode() == Opcode.CONCATENATION)
            .findFirst()
            .orElseThrow();
    assertThat(operator.inputs())
        .allSatisfy(
            t ->
                assertThat(program.tensor(t).quantization())
                    .isEqualTo(program.tensor(operator.output()).quantization()));
  }

  @Test
  void biasScaleIsTheProductOfInputAndWeightScales() {
    Program program = quantized(Networks.resNet());
    Operator conv =
        program.operators().stream().filter(o -> o.opcode() == Opcode.CONV_2D).findFirst().get();
    float input = program.tensor(conv.inputs().get(0)).quantization().orElseThrow().scale();
    float[] weights = program.tensor(conv.inputs().get(1)).quantization().orElseThrow().scales();
    float[] biases = program.tensor(conv.inputs().get(2)).quantization().orElseThrow().scales();
    for (int c = 0; c < weights.length; c++) {
      assertThat(biases[c]).isEqualTo(input * weights[c]);
    }
  }

  /** Pruning leaves whole channels at zero while their bias is not: the runtime must cope. */
  @Test
  void deadChannelsWithABiasAnswerLikeTheFloatModel() {
    Graph graph = Networks.resNet();
    Map<String, Tensor> pruned = new HashMap<>();
    for (Weight weight : graph.prunable()) {
      float[] values = weight.value().values().clone();
      int channels = weight.shape().last();
      for (int i = 0; i < values.length; i += channels) {
        values[i] = 0;
        values[i + channels - 1] = 0;
      }
      pruned.put(weight.name(), new Tensor(weight.shape(), values));
    }
    Graph dead = graph.withWeights(pruned);
    Tensor x = Networks.samples(dead, 8, 1);
    Tensor expected = Networks.run(TfliteCompiler.float32(dead, Networks.METADATA), x).get(0);
    Tensor actual = runInt8(dead, Quantization.DEFAULT, x);
    assertThat(Errors.largest(actual, expected)).isLessThan(0.03);
  }

  @Test
  void networkThatIsDeadFromTheFirstLayerOnAnswersItsBias() {
    Graph graph = Networks.resNet();
    Map<String, Tensor> zeros = new HashMap<>();
    for (Weight weight : graph.weights().values()) {
      if (weight.role() == Weight.Role.KERNEL && weight.name().startsWith("c")) {
        int size = weight.value().values().length;
        zeros.put(weight.name(), new Tensor(weight.shape(), new float[size]));
      }
    }
    Graph dead = graph.withWeights(zeros);
    Tensor x = Networks.samples(dead, 8, 1);
    Tensor expected = Networks.run(TfliteCompiler.float32(dead, Networks.METADATA), x).get(0);
    Tensor actual = runInt8(dead, Quantization.DEFAULT, x);
    assertThat(Errors.largest(actual, expected)).isLessThan(0.03);
  }

  @Test
  void activationsThatAreAlwaysZeroDoNotSpoilWhatFollows() {
    Networks n = new Networks(9);
    String x = n.conv("c1", n.input(1, 8, 8, 3), 3, 4, 1, Op.Padding.SAME);
    String zero = n.constant("zero", new float[4], 4);
    String none = n.add("none", new Op.Binary(Op.BinaryKind.MULTIPLY), x, zero);
    String relu = n.add("relu", new Op.Activate(Activation.Simple.RELU), x);
    String both = n.add("add", new Op.Binary(Op.BinaryKind.ADD), relu, none);
    Graph graph = n.build(n.conv("c2", both, 3, 4, 1, Op.Padding.SAME));
    Tensor in = Networks.samples(graph, 8, 1);
    Tensor expected = Networks.run(TfliteCompiler.float32(graph, Networks.METADATA), in).get(0);
    Tensor actual = runInt8(graph, Quantization.DEFAULT, in);
    assertThat(Errors.largest(actual, expected) / Errors.range(expected)).isLessThan(0.03);
  }

  @Test
  void networkWithoutOperatorsQuantizesItsInput() {
    Networks n = new Networks(1);
    Graph graph = n.build(n.input(1, 4));
    Tensor x = Networks.samples(graph, 8, 1);
    Tensor actual = runInt8(graph, Quantization.DEFAULT, x);
    assertThat(Errors.largest(actual, x) / Errors.range(x, 0)).isLessThan(0.5001 / 255);
  }

  @Test
  void calibrationOfAnotherNetworkIsRefused() {
    Calibration other = calibrate(Networks.resNet());
    Networks n = new Networks(1);
    Graph graph = n.build(n.dense("elsewhere", n.input(1, 4), 3));
    assertThatThrownBy(
            () -> TfliteCompiler.int8(graph, other, Quantization.DEFAULT, Networks.METADATA))
        .isInstanceOf(TfliteException.class)
        .hasMessageContaining("another network");
  }

  @Test
  void sameInputsGiveTheSameBytes() {
    List<byte[]> models = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      Graph graph = Networks.resNet();
      models.add(
          TfliteCompiler.int8(graph, calibrate(graph), Quantization.DEFAULT, Networks.METADATA)
              .toByteArray());
    }
    assertThat(models.get(0)).isEqualTo(models.get(1));
  }

  @Test
  void aDenseLayerHasOneScaleWhereThatIsAskedFor() {
    Networks n = new Networks(1);
    Graph graph = n.build(n.dense("dense", n.input(1, 8), 4));
    Quantization one =
        new Quantization(
            List.of(Scheme.INT8, Scheme.INT8_WEIGHTS),
            IoType.FLOAT32,
            IoType.FLOAT32,
            false,
            Optional.empty(),
            Optional.of(List.of()),
            true,
            Quantization.BYTE,
            Optional.empty());
    Tensor x = Networks.samples(graph, 8, 1);
    Tensor expected = Networks.run(TfliteCompiler.float32(graph, Networks.METADATA), x).get(0);
    for (boolean perTensor : new boolean[] {true, false}) {
      Program program =
          Quantizer.quantize(
              TfliteLowering.lower(graph),
              calibrate(graph),
              Scheme.INT8,
              perTensor ? one : Quantization.DEFAULT,
              Map.of());
      Operator dense =
          program.operators().stream()
              .filter(o -> o.opcode() == Opcode.FULLY_CONNECTED)
              .findFirst()
              .orElseThrow();
      for (int operand : dense.inputs().subList(1, 3)) {
        assertThat(program.tensor(operand).quantization().orElseThrow().scales())
            .hasSize(perTensor ? 1 : 4);
      }
      TfliteModel model = FlatBufferWriter.write(program, Networks.METADATA);
      assertThat(
              FlatBufferWriterTest.metadata(
                  FlatBufferWriterTest.read(model), "min_runtime_version"))
          .startsWith(perTensor ? "1.14.0\0" : "2.10.0\0");
      assertThat(Errors.largest(Networks.run(model, x).get(0), expected))
          .isLessThan(4.0 / 255 * Errors.range(expected, 0));
    }
  }
}
