package dev.secateur.tflite;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.secateur.graph.Activation;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Op;
import dev.secateur.graph.Predictor;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.plan.Quantization;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class ArtifactCheckTest {
  private final Graph graph = Networks.resNet();
  private final Lowered lowered = Lowered.of(graph);
  private final List<Tensor> inputs = List.of(Networks.samples(graph, 4, 1));
  private final ArtifactCheck check = new ArtifactCheck(inputs, 1);

  /** Answers what it is told, as a network that another runtime runs. */
  private record Answers(List<Tensor> predict) implements Predictor {
    @Override
    public List<Shape> inputShapes() {
      return List.of();
    }

    @Override
    public List<Shape> outputShapes() {
      return List.of();
    }

    @Override
    public List<Tensor> predict(List<Tensor> inputs) {
      return predict;
    }

    @Override
    public void close() {}
  }

  private Tensor answer() {
    return Networks.run(lowered.float32(Networks.METADATA), inputs.get(0)).get(0);
  }

  private void compare(Tensor expected) {
    check.equal(lowered.float32(Networks.METADATA), new Answers(List.of(expected)));
  }

  @Test
  void aFileThatAnswersAsTheNetworkPasses() {
    assertThatCode(() -> compare(answer())).doesNotThrowAnyException();
  }

  @Test
  void oneSampleThatDiffersIsFound() {
    Tensor expected = answer();
    float[] values = expected.values().clone();
    values[values.length - 1] += 0.05f;
    assertThatThrownBy(() -> compare(new Tensor(expected.shape(), values)))
        .isInstanceOf(ArtifactException.class)
        .hasMessageContaining("output 0 differs from the network's by");
  }

  @Test
  void aNumberIsNeverEqualToNoneNorToAnotherShape() {
    Tensor expected = answer();
    float[] values = expected.values().clone();
    values[0] = Float.NaN;
    assertThatThrownBy(() -> compare(new Tensor(expected.shape(), values)))
        .isInstanceOf(ArtifactException.class);
    Tensor flat = new Tensor(Shape.of(expected.values().length), expected.values());
    assertThatThrownBy(() -> compare(flat)).isInstanceOf(ArtifactException.class);
  }

  @Test
  void infinitiesOfTheNetworkItselfAreEqual() {
    Networks n = new Networks(1);
    Graph logarithm = n.build(n.add("log", new Op.Unary(Op.UnaryKind.LOG), n.input(1, 3)));
    Tensor x = Tensor.of(new float[] {0, 1, -1}, 1, 3);
    float nan = Float.NaN;
    Tensor y = Tensor.of(new float[] {Float.NEGATIVE_INFINITY, 0, nan}, 1, 3);
    ArtifactCheck check = new ArtifactCheck(List.of(x), 1);
    TfliteModel file = TfliteCompiler.float32(logarithm, Networks.METADATA);
    assertThatCode(() -> check.equal(file, new Answers(List.of(y)))).doesNotThrowAnyException();
  }

  @Test
  void aQuantizedFileMustRunAndGiveFiniteNumbers() {
    Networks n = new Networks(1);
    String exp = n.add("exp", new Op.Unary(Op.UnaryKind.EXP), n.input(1, 3));
    Graph overflow = n.build(n.add("soft", new Op.Activate(Activation.Simple.SOFTPLUS), exp));
    TfliteModel file = TfliteCompiler.float32(overflow, Networks.METADATA);
    ArtifactCheck large = new ArtifactCheck(List.of(Tensor.of(new float[] {1, 2, 1e3f}, 1, 3)), 1);
    assertThatThrownBy(() -> large.runs(file))
        .isInstanceOf(ArtifactException.class)
        .hasMessageContaining("takes the value Infinity");
    TfliteModel damaged = new TfliteModel(ByteBuffer.allocateDirect(64));
    assertThatThrownBy(() -> large.runs(damaged))
        .isInstanceOf(ArtifactException.class)
        .hasMessageContaining("the quantized file does not run");
  }

  private static TfliteModel activated(Activation.Simple kind) {
    Networks n = new Networks(1);
    Graph graph = n.build(n.add("act", new Op.Activate(kind), n.input(2, 2)));
    return TfliteCompiler.float32(graph, Networks.METADATA);
  }

  private static TfliteModel quantized(Activation.Simple kind) {
    Networks n = new Networks(1);
    Graph graph = n.build(n.add("act", new Op.Activate(kind), n.input(2, 2)));
    Tensor ranges = Tensor.of(new float[] {-6, -1, -0.1f, 0.5f}, 2, 2);
    Calibration calibration = new Calibrator(1).calibrate(graph, List.of(List.of(ranges)));
    return TfliteCompiler.int8(graph, calibration, Quantization.DEFAULT, Networks.METADATA);
  }

  @Test
  void aQuantizedFileTellsSamplesApartThatTheFloatsDo() {
    Tensor x = Tensor.of(new float[] {-0.1f, -0.2f, -5, -6}, 2, 2);
    ArtifactCheck check = new ArtifactCheck(List.of(x), 1);
    TfliteModel varies = activated(Activation.Simple.SOFTPLUS);
    TfliteModel constant = quantized(Activation.Simple.RELU);
    assertThatThrownBy(() -> check.resembles(constant, varies))
        .isInstanceOf(ArtifactException.class)
        .hasMessageContaining("is the same for every sample");
    assertThatCode(() -> check.resembles(quantized(Activation.Simple.SOFTPLUS), varies))
        .doesNotThrowAnyException();
    assertThatCode(() -> check.resembles(constant, activated(Activation.Simple.RELU)))
        .doesNotThrowAnyException();
  }

  @Test
  void aQuantizedFileIsNoNoise() {
    Networks n = new Networks(1);
    Graph exp = n.build(n.add("exp", new Op.Unary(Op.UnaryKind.EXP), n.input(2, 2)));
    TfliteModel far = TfliteCompiler.float32(exp, Networks.METADATA);
    Tensor x = Tensor.of(new float[] {1, 2, 5, 6}, 2, 2);
    assertThatThrownBy(
            () ->
                new ArtifactCheck(List.of(x), 1).resembles(far, activated(Activation.Simple.RELU)))
        .isInstanceOf(ArtifactException.class)
        .hasMessageContaining("is noise");
  }
}
