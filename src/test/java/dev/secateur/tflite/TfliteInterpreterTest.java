package dev.secateur.tflite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.secateur.graph.Activation;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
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
