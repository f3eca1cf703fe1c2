package dev.secateur.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.dataset.Dataset;
import dev.secateur.dataset.Datasets;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Head;
import dev.secateur.graph.Node;
import dev.secateur.graph.Predictor;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.pass.FoldedValues;
import dev.secateur.graph.pass.Passes;
import dev.secateur.keras.KerasReader;
import dev.secateur.plan.FineTuning;
import dev.secateur.plan.Preprocessing;
import dev.secateur.plan.Quantization;
import dev.secateur.tflite.Calibration;
import dev.secateur.tflite.Calibrator;
import dev.secateur.tflite.Lowered;
import dev.secateur.tflite.ModelMetadata;
import dev.secateur.tflite.TfliteInterpreter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a network is told in training that int8 makes of it, beside what the INT8 file says. */
class QuantizedTrainingTest {
  private static final int SAMPLES = 64;
  private static final ModelMetadata NONE = new ModelMetadata("test", "");

  @ParameterizedTest
  @ValueSource(strings = {"shapes.h5", "shapes.keras"})
  void theErrorInTrainingIsTheFiles(String model) {
    Graph whole = KerasReader.read(Path.of("examples", model)).graph();
    List<Head> heads = Head.of(whole);
    Graph network =
        new Graph(
            whole.name(),
            whole.inputs(),
            whole.nodes(),
            List.of(new Graph.Output("logits", heads.get(0).value())),
            whole.weights(),
            whole.layers());
    try (Dataset data =
        Datasets.open(
            Path.of("examples/shapes.npz"),
            Datasets.Part.TRAIN,
            Preprocessing.NONE,
            Datasets.Expected.inputsOf(network))) {
      int[] indices = IntStream.range(0, SAMPLES).toArray();
      List<Tensor> batch = data.batch(indices).inputs();
      Lowered lowered = Lowered.of(network);
      Calibration calibration = new Calibrator(1).calibrate(network, List.of(batch));
      Tensor expected;
      try (Predictor original = TensorFlowPredictor.open(network, 1)) {
        expected = original.predict(batch).get(0);
      }
      Tensor said;
      try (Predictor int8 =
          TfliteInterpreter.open(lowered.int8(calibration, Quantization.DEFAULT, NONE), 1)) {
        said = int8.predict(batch).get(0);
      }
      double file = meanSquare(said.values(), expected.values());
      assertThat(told(network, data, indices, scales(network, lowered, calibration)))
          .isBetween(0.8 * file, 1.25 * file);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"shapes.h5", "shapes.keras", "tasks/figure.h5", "tasks/again.h5"})
  void whatIsFoldedHasTheValueThatItIsNamedAfter(String model) {
    Graph original = KerasReader.read(Path.of("examples", model)).graph();
    Graph folded = Passes.forInference(original);
    Map<String, String> names = new TreeMap<>(FoldedValues.of(original));
    names.keySet().retainAll(folded.nodes().stream().map(Node::name).toList());
    assertThat(names).isNotEmpty();
    Random random = new Random(5);
    List<Tensor> inputs = new ArrayList<>();
    for (Graph.Input input : original.inputs()) {
      float[] values = new float[(int) input.shape().size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = random.nextFloat();
      }
      inputs.add(new Tensor(input.shape().withBatch(1), values));
    }
    try (Predictor before = values(original, names.values());
        Predictor after = values(folded, names.keySet())) {
      List<Tensor> expected = before.predict(inputs);
      List<Tensor> actual = after.predict(inputs);
      int at = 0;
      for (String name : names.keySet()) {
        assertThat(actual.get(at).values())
            .as(name)
            .containsExactly(expected.get(at).values(), Offset.offset(1e-3f));
        at++;
      }
    }
  }

  private static Predictor values(Graph network, Collection<String> names) {
    return TensorFlowPredictor.open(
        new Graph(
            network.name(),
            network.inputs(),
            network.nodes(),
            names.stream().map(n -> new Graph.Output(n, n)).toList(),
            network.weights(),
            network.layers()),
        1);
  }

  private static Map<String, Quantizing.Scale> scales(
      Graph network, Lowered lowered, Calibration calibration) {
    Map<String, String> names = FoldedValues.of(network);
    Map<String, Quantizing.Scale> scales = new HashMap<>();
    lowered
        .scales(calibration, Quantization.DEFAULT)
        .forEach(
            (name, s) -> {
              if (names.containsKey(name)) {
                scales.put(names.get(name), new Quantizing.Scale(s.scale(), s.zeroPoint()));
              }
            });
    assertThat(scales).hasSameSizeAs(lowered.scales(calibration, Quantization.DEFAULT));
    return scales;
  }

  private static double told(
      Graph network, Dataset data, int[] indices, Map<String, Quantizing.Scale> scales) {
    FineTuning how = FineTuning.RECOMMENDED;
    Objective objective = Objective.resolve(network, how, List.of(), List.of());
    try (Teacher teacher = new Teacher(network, objective.heads(), 1);
        TrainingSession session =
            new TrainingSession(
                network,
                objective,
                how.optimizer(),
                List.of(),
                scales.keySet(),
                Map.of(),
                FineTuning.Precision.FLOAT32,
                1);
        Feed feed = Batches.feed(data, indices, Optional.of(teacher), objective.heads())) {
      session.quantize(scales);
      assertThat(session.scales()).isEqualTo(scales);
      return session.step(feed, 1, 1e-9, 1, true).loss();
    }
  }

  private static double meanSquare(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (a[i] - b[i]) * (double) (a[i] - b[i]);
    }
    return sum / a.length;
  }
}
