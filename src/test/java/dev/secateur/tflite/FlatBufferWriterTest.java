package dev.secateur.tflite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.graph.Activation;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Weight;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.lite.schema.Buffer;
import org.tensorflow.lite.schema.BuiltinOperator;
import org.tensorflow.lite.schema.Model;
import org.tensorflow.lite.schema.OperatorCode;
import org.tensorflow.lite.schema.SignatureDef;
import org.tensorflow.lite.schema.SubGraph;
import org.tensorflow.lite.schema.Tensor;

class FlatBufferWriterTest {
  static Model read(TfliteModel model) {
    ByteBuffer bytes = model.buffer().order(ByteOrder.LITTLE_ENDIAN);
    assertThat(Model.ModelBufferHasIdentifier(bytes)).isTrue();
    return Model.getRootAsModel(bytes);
  }

  private static Model float32(Graph graph) {
    return read(TfliteCompiler.float32(graph, new ModelMetadata("9.8.7", "abc123")));
  }

  static String metadata(Model model, String name) {
    for (int i = 0; i < model.metadataLength(); i++) {
      if (model.metadata(i).name().equals(name)) {
        ByteBuffer data = model.buffers((int) model.metadata(i).buffer()).dataAsByteBuffer();
        return StandardCharsets.US_ASCII.decode(data).toString();
      }
    }
    throw new AssertionError("no metadata " + name);
  }

  static Stream<OpCase> cases() {
    return OpCase.all().stream();
  }

  /** Microcontrollers take shapes as they are written. */
  @ParameterizedTest
  @MethodSource("cases")
  void aReshapeHasAsManyElementsBehindItAsBeforeItForABatchOfOne(OpCase c) {
    Model model = float32(c.graph());
    SubGraph graph = model.subgraphs(0);
    for (int i = 0; i < graph.operatorsLength(); i++) {
      int code = model.operatorCodes((int) graph.operators(i).opcodeIndex()).builtinCode();
      if (code == BuiltinOperator.RESHAPE) {
        assertThat(elements(graph.tensors(graph.operators(i).outputs(0))))
            .isEqualTo(elements(graph.tensors(graph.operators(i).inputs(0))));
      }
    }
  }

  private static long elements(Tensor tensor) {
    long elements = 1;
    for (int i = 0; i < tensor.shapeLength(); i++) {
      elements *= tensor.shape(i);
    }
    return elements;
  }

  @Test
  void batchIsOneInTheShapeAndDynamicInTheSignature() {
    SubGraph graph = float32(Networks.resNet()).subgraphs(0);
    for (int port : new int[] {graph.inputs(0), graph.outputs(0)}) {
      Tensor tensor = graph.tensors(port);
      assertThat(tensor.shape(0)).isEqualTo(1);
      assertThat(tensor.shapeSignature(0)).isEqualTo(-1);
      assertThat(tensor.shapeSignature(1)).isEqualTo(tensor.shape(1));
    }
  }

  @Test
  void signatureHasTheNamesOfTheKerasInputsAndOutputs() {
    Model model = float32(Networks.resNet());
    SignatureDef signature = model.signatureDefs(0);
    assertThat(signature.signatureKey()).isEqualTo("serving_default");
    assertThat(signature.inputs(0).name()).isEqualTo("x");
    assertThat(signature.outputs(0).name()).isEqualTo("y");
    assertThat((int) signature.outputs(0).tensorIndex()).isEqualTo(model.subgraphs(0).outputs(0));
  }

  @Test
  void metadataNamesTheEngineThePlanAndTheOldestRuntime() {
    Model model = float32(Networks.resNet());
    assertThat(metadata(model, "secateur"))
        .isEqualTo("{\"engine\":\"secateur\",\"version\":\"9.8.7\",\"plan\":\"abc123\"}");
    assertThat(metadata(model, "min_runtime_version")).hasSize(16).startsWith("1.5.0\0");
    assertThat(model.version()).isEqualTo(3);
  }

  @Test
  void newerOperatorsRaiseTheOldestRuntime() {
    Networks n = new Networks(1);
    String x = n.input(1, 4);
    Graph gelu = n.build(n.add("gelu", new Op.Activate(Activation.Simple.GELU_EXACT), x));
    Model model = float32(gelu);
    assertThat(metadata(model, "min_runtime_version")).startsWith("2.9.0\0");
    OperatorCode code = model.operatorCodes(0);
    // Codes that the old one-byte field cannot hold show a placeholder there.
    assertThat(code.builtinCode()).isEqualTo(BuiltinOperator.GELU);
    assertThat(code.deprecatedBuiltinCode())
        .isEqualTo((byte) BuiltinOperator.PLACEHOLDER_FOR_GREATER_OP_CODES);
  }

  @Test
  void equalConstantsAreStoredOnce() {
    Networks n = new Networks(1);
    String a = n.input(1, 8, 8, 4);
    for (int i = 0; i < 5; i++) {
      float[] same = {1, 2, 3, 4};
      String w = n.constant("w" + i, same, 4);
      a = n.add("max" + i, new Op.Binary(Op.BinaryKind.MAXIMUM), a, w);
    }
    Model model = float32(n.build(a));
    int holdingThem = 0;
    for (int i = 0; i < model.buffersLength(); i++) {
      holdingThem += model.buffers(i).dataLength() == 16 && isOneToFour(model.buffers(i)) ? 1 : 0;
    }
    assertThat(holdingThem).isEqualTo(1);
  }

  private static boolean isOneToFour(Buffer buffer) {
    ByteBuffer data = buffer.dataAsByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    return data.getFloat() == 1f && data.getFloat() == 2f;
  }

  @Test
  void constantsAreAlignedTo16Bytes() {
    TfliteModel compiled = TfliteCompiler.float32(Networks.resNet(), Networks.METADATA);
    ByteBuffer bytes = compiled.buffer().order(ByteOrder.LITTLE_ENDIAN);
    Model model = Model.getRootAsModel(bytes);
    List<Integer> positions = new ArrayList<>();
    for (int i = 0; i < model.buffersLength(); i++) {
      ByteBuffer data = model.buffers(i).dataAsByteBuffer();
      if (data != null) {
        positions.add(data.position() % 16);
      }
    }
    assertThat(positions).isNotEmpty().containsOnly(0);
  }

  @Test
  void kernelsAreStoredWithTheirOutputChannelsFirst() {
    Networks n = new Networks(1);
    String x = n.input(1, 2);
    float[] kernel = {1, 2, 3, 4, 5, 6};
    dev.secateur.graph.Tensor values = dev.secateur.graph.Tensor.of(kernel, 2, 3);
    String k = n.builder().weight(new Weight("k", Weight.Role.KERNEL, values, true, 0, 0));
    Model model = float32(n.build(n.add("dense", new Op.Dense(), x, k)));
    SubGraph graph = model.subgraphs(0);
    for (int i = 0; i < graph.tensorsLength(); i++) {
      if (graph.tensors(i).name().equals("k")) {
        Tensor tensor = graph.tensors(i);
        assertThat(Shape.of(tensor.shape(0), tensor.shape(1))).isEqualTo(Shape.of(3, 2));
        ByteBuffer data = model.buffers((int) tensor.buffer()).dataAsByteBuffer();
        float[] stored = new float[6];
        data.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(stored);
        assertThat(stored).containsExactly(1, 4, 2, 5, 3, 6);
        return;
      }
    }
    throw new AssertionError("no tensor k");
  }
}
