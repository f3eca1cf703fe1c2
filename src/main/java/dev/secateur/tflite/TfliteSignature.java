package dev.secateur.tflite;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.tensorflow.lite.schema.Model;
import org.tensorflow.lite.schema.SignatureDef;
import org.tensorflow.lite.schema.SubGraph;

/**
 * The names of a TFLite model's inputs and outputs, in the interpreter's order: as its signature
 * calls them, else as its tensors are called.
 */
public record TfliteSignature(List<String> inputs, List<String> outputs) {
  public TfliteSignature {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /**
   * @param file that the interpreter has taken
   */
  public static TfliteSignature of(Path file) {
    try {
      ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
      return of(Model.getRootAsModel(bytes));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static TfliteSignature of(Model model) {
    SubGraph graph = model.subgraphs(0);
    Map<Integer, String> named = new HashMap<>();
    if (model.signatureDefsLength() > 0) {
      SignatureDef signature = model.signatureDefs(0);
      for (int i = 0; i < signature.inputsLength(); i++) {
        named.put((int) signature.inputs(i).tensorIndex(), signature.inputs(i).name());
      }
      for (int i = 0; i < signature.outputsLength(); i++) {
        named.put((int) signature.outputs(i).tensorIndex(), signature.outputs(i).name());
      }
    }
    return new TfliteSignature(
        names(graph, named, IntStream.range(0, graph.inputsLength()).map(graph::inputs)),
        names(graph, named, IntStream.range(0, graph.outputsLength()).map(graph::outputs)));
  }

  private static List<String> names(SubGraph graph, Map<Integer, String> named, IntStream tensors) {
    return tensors
        .mapToObj(t -> named.getOrDefault(t, String.valueOf(graph.tensors(t).name())))
        .toList();
  }
}
