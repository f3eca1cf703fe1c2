package dev.secateur.cli;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Predictor;
import dev.secateur.keras.KerasReader;
import dev.secateur.tflite.TfliteInterpreter;
import dev.secateur.train.TensorFlowPredictor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file of any of the three kinds, ready to predict; told apart by content. */
final class OpenModel {
  /** FlatBuffers' file identifier, after the root's offset. */
  private static final String TFLITE = "TFL3";

  private static final int IDENTIFIER_END = 8;

  private OpenModel() {}

  static Predictor open(Path file, int threads) {
    if (isTflite(file)) {
      return TfliteInterpreter.open(file, threads);
    }
    Graph graph = KerasReader.read(file).graph();
    return TensorFlowPredictor.open(graph, threads);
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
}
