package dev.secateur.cli;

import dev.secateur.dataset.Dataset;
import dev.secateur.dataset.Datasets.Expected;
import dev.secateur.dataset.Datasets.Value;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Head;
import dev.secateur.graph.Predictor;
import dev.secateur.graph.Shape;
import dev.secateur.job.FileLosses;
import dev.secateur.job.UnknownShape;
import dev.secateur.keras.KerasModel;
import dev.secateur.keras.KerasSource;
import dev.secateur.plan.FineTuning;
import dev.secateur.plan.Preprocessing;
import dev.secateur.tflite.TfliteHeads;
import dev.secateur.tflite.TfliteInterpreter;
import dev.secateur.tflite.TfliteSignature;
import dev.secateur.train.TensorFlowPredictor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A file of any of the three kinds, ready to predict; told apart by content.
 *
 * @param expected names and shapes of its inputs and outputs
 * @param heads its outputs
 * @param losses that it was compiled with, by output
 */
record OpenModel(
    Predictor predictor, Expected expected, List<Head> heads, Map<String, FineTuning.Loss> losses)
    implements AutoCloseable {
  /** FlatBuffers' file identifier, after the root's offset. */
  private static final String TFLITE = "TFL3";

  private static final int IDENTIFIER_END = 8;

  /**
   * @param preprocessing says the shape of a sample, or leaves it to the samples
   * @param samples to take the shape from, for a model that leaves it open
   */
  static OpenModel open(
      KerasSource source,
      Preprocessing preprocessing,
      Supplier<Optional<Dataset>> samples,
      int threads) {
    if (isTflite(source.file())) {
      return tflite(source.file(), threads);
    }
    KerasModel model = UnknownShape.read(source, preprocessing, samples);
    Graph graph = model.graph();
    return new OpenModel(
        TensorFlowPredictor.open(graph, threads),
        Expected.of(graph)
            .channelsFirst(model.channelsFirst().inputs(), model.channelsFirst().outputs()),
        Head.of(graph),
        FileLosses.of(model).losses());
  }

  private static OpenModel tflite(Path file, int threads) {
    Predictor predictor = TfliteInterpreter.open(file, threads);
    TfliteSignature signature = TfliteSignature.of(file);
    List<Value> inputs = values(signature.inputs(), predictor.inputShapes());
    List<Value> outputs = values(signature.outputs(), predictor.outputShapes());
    TfliteHeads said = TfliteHeads.of(file);
    List<Head> heads = new ArrayList<>();
    for (int i = 0; i < outputs.size(); i++) {
      Value output = outputs.get(i);
      heads.add(new Head(output.name(), output.name(), said.links().get(i), output.shape()));
    }
    return new OpenModel(predictor, new Expected(inputs, outputs), heads, said.losses());
  }

  private static List<Value> values(List<String> names, List<Shape> shapes) {
    List<Value> values = new ArrayList<>();
    for (int i = 0; i < shapes.size(); i++) {
      values.add(new Value(names.get(i), shapes.get(i)));
    }
    return values;
  }

  List<String> outputs() {
    return heads.stream().map(Head::name).toList();
  }

  static boolean isTflite(Path file) {
    if (!Files.isRegularFile(file)) {
      return false;
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] head = in.readNBytes(IDENTIFIER_END);
      return head.length == IDENTIFIER_END
          && new String(head, StandardCharsets.US_ASCII).endsWith(TFLITE);
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void close() {
    predictor.close();
  }
}
