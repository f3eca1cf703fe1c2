package dev.secateur.tflite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.secateur.graph.Activation;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.plan.Quantization;
import dev.secateur.plan.Scheme;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TfliteInterpreterTest {
  @TempDir Path folder;

  @Test
  void answersAnyBatchSizeInTurn() {
    Graph graph = Networks.resNet();
    TfliteModel model = TfliteCompiler.float32(graph, Networks.METADATA);
    Tensor x = Networks.samples(graph, 12, 5);
    try (TfliteInterpreter interpreter = TfliteInterpreter.open(model, 2)) {
      Tensor all = interpreter.predict(List.of(x)).get(0);
      for (int size : new int[] {1, 5, 12, 4}) {
        List<List<Tensor>> batches = Reference.batches(x, size);
        Tensor first = interpreter.predict(batches.get(0)).get(0);
        assertThat(first.shape()).isEqualTo(Shape.of(size, 10));
        assertThat(first.values())
            .usingComparatorWithPrecision(1e-6f)
            .containsExactly(Arrays.copyOf(all.values(), size * 10));
      }
    }
  }

  @Test
  void tellsTheShapesWithTheBatchUnknown() {
    TfliteModel model = TfliteCompiler.float32(Networks.resNet(), Networks.METADATA);
    try (TfliteInterpreter interpreter = TfliteInterpreter.open(model, 1)) {
      assertThat(interpreter.inputShapes()).containsExactly(Shape.of(-1, 16, 16, 3));
      assertThat(interpreter.outputShapes()).containsExactly(Shape.of(-1, 10));
    }
  }

  @Test
  void severalInputsAndOutputsKeepTheirOrder() {
    Networks n = new Networks(1);
    String a = n.builder().input("a", Shape.of(-1, 2));
    String b = n.builder().input("b", Shape.of(-1, 3));
    String relu = n.add("relu", new Op.Activate(Activation.Simple.RELU), b);
    String joined = n.add("joined", new Op.Concat(1), a, relu);
    Graph graph = n.builder().output("joined", joined).output("relu", relu).build();
    TfliteModel model = TfliteCompiler.float32(graph, Networks.METADATA);
    List<Tensor> outputs =
        Networks.run(
            model, Tensor.of(new float[] {1, 2}, 1, 2), Tensor.of(new float[] {-1, 4, 5}, 1, 3));
    assertThat(outputs.get(0).values()).containsExactly(1, 2, 0, 4, 5);
    assertThat(outputs.get(1).values()).containsExactly(0, 4, 5);
  }

  @Test
  void inputThatNothingReadsAndOutputsThatRepeatAreKept() {
    Networks n = new Networks(1);
    String a = n.builder().input("a", Shape.of(-1, 2));
    n.builder().input("unused", Shape.of(-1, 3));
    String twice = n.add("twice", new Op.Binary(Op.BinaryKind.ADD), a, a);
    Graph graph = n.builder().output("one", twice).output("two", twice).output("same", a).build();
    Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);
    Tensor ignored = Tensor.of(new float[6], 2, 3);
    List<Tensor> outputs =
        Networks.run(TfliteCompiler.float32(graph, Networks.METADATA), x, ignored);
    assertThat(outputs.get(0).values()).containsExactly(2, 4, 6, 8);
    assertThat(outputs.get(1).values()).containsExactly(2, 4, 6, 8);
    assertThat(outputs.get(2).values()).containsExactly(1, 2, 3, 4);
    Calibration calibration = new Calibrator(1).calibrate(graph, List.of(List.of(x, ignored)));
    for (Quantization.IoType type : Quantization.IoType.values()) {
      Scheme scheme = type.isOf(Scheme.INT8) ? Scheme.INT8 : Scheme.INT16X8;
      Quantization how =
          new Quantization(
              List.of(scheme),
              type,
              type,
              true,
              Optional.empty(),
              Optional.of(List.of()),
              false,
              Quantization.BYTE,
              Optional.empty());
      TfliteModel int8 =
          Lowered.of(graph).quantized(scheme, Optional.of(calibration), how, Networks.METADATA);
      List<Tensor> rounded = Networks.run(int8, x, ignored);
      assertThat(Errors.largest(rounded.get(1), outputs.get(1))).isLessThan(8.0 / 255);
      assertThat(Errors.largest(rounded.get(2), outputs.get(2))).isLessThan(4.0 / 255);
    }
  }

  /** Other converters' files may have a batch of one built in. */
  @Test
  void modelWithABuiltInBatchIsRunSampleBySample() {
    Networks n = new Networks(1);
    Graph graph = n.build(n.dense("dense", n.input(1, 4), 3));
    Program program = TfliteLowering.lower(graph);
    Program fixed = new Program();
    for (Program.Tensor t : program.tensors()) {
      Shape shape = t.constant().isPresent() ? t.shape() : t.shape().withBatch(1);
      if (t.constant().isPresent()) {
        fixed.constant(t.name(), shape, t.type(), t.constant().get(), t.quantization());
      } else {
        fixed.floats(t.name(), shape);
      }
    }
    program.operators().forEach(fixed::append);
    program.inputs().forEach(p -> fixed.input(p.name(), p.tensor()));
    program.outputs().forEach(p -> fixed.output(p.name(), p.tensor()));
    Tensor x = Networks.samples(graph, 5, 1);
    Tensor expected = Networks.run(TfliteCompiler.float32(graph, Networks.METADATA), x).get(0);
    Tensor actual = Networks.run(FlatBufferWriter.write(fixed, Networks.METADATA), x).get(0);
    assertThat(Errors.largest(actual, expected)).isLessThan(1e-6);
  }

  @Test
  void inputOfAnotherShapeIsRefused() {
    TfliteModel model = TfliteCompiler.float32(Networks.resNet(), Networks.METADATA);
    try (TfliteInterpreter interpreter = TfliteInterpreter.open(model, 1)) {
      Tensor wrong = new Tensor(Shape.of(1, 16, 16, 1), new float[256]);
      assertThatThrownBy(() -> interpreter.predict(List.of(wrong)))
          .isInstanceOf(TfliteException.class)
          .hasMessageContaining("(1×16×16×3)")
          .hasMessageContaining("(1×16×16×1)");
    }
  }

  @Test
  void fileThatIsNoModelIsRefusedByItsName() throws IOException {
    Path file = folder.resolve("no.tflite");
    assertThatThrownBy(() -> TfliteInterpreter.open(file, 1))
        .isInstanceOf(TfliteException.class)
        .hasMessageContaining("no.tflite");
    Files.writeString(file, "this is not a FlatBuffer at all, but it is long enough");
    assertThatThrownBy(() -> TfliteInterpreter.open(file, 1))
        .isInstanceOf(TfliteException.class)
        .hasMessageContaining("no.tflite");
    Files.write(file, new byte[0]);
    assertThatThrownBy(() -> TfliteInterpreter.open(file, 1)).isInstanceOf(TfliteException.class);
  }

  @Test
  void truncatedModelIsRefused() throws IOException {
    byte[] whole = TfliteCompiler.float32(Networks.resNet(), Networks.METADATA).toByteArray();
    for (int length : new int[] {8, 64, 1000, whole.length / 2, whole.length - 16}) {
      Path file = folder.resolve(length + ".tflite");
      Files.write(file, Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> TfliteInterpreter.open(file, 1))
          .as("%d of %d bytes", length, whole.length)
          .isInstanceOf(TfliteException.class)
          .hasMessageContaining(file.toString());
    }
  }

  @Test
  void fileAnswersAsTheModelInMemory() throws IOException {
    Graph graph = Networks.resNet();
    TfliteModel model = TfliteCompiler.float32(graph, Networks.METADATA);
    Path file = folder.resolve("model.tflite");
    model.writeTo(file);
    assertThat(Files.readAllBytes(file)).isEqualTo(model.toByteArray());
    Tensor x = Networks.samples(graph, 2, 5);
    try (TfliteInterpreter interpreter = TfliteInterpreter.open(file, 1)) {
      assertThat(interpreter.predict(List.of(x)).get(0).values())
          .isEqualTo(Networks.run(model, x).get(0).values());
    }
  }
}
