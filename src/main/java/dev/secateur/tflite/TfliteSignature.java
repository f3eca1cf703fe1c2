package dev.secateur.tflite;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.tensorflow.lite.schema.Model;
import org.tensorflow.lite.schema.QuantizationParameters;
import org.tensorflow.lite.schema.SignatureDef;
import org.tensorflow.lite.schema.SubGraph;
import org.tensorflow.lite.schema.TensorType;

/**
 * A TFLite model's inputs and outputs, in the interpreter's order: named as its signature calls
 * them, else as its tensors are called.
 */
public record TfliteSignature(List<Tensor> inputTensors, List<Tensor> outputTensors) {
  public TfliteSignature {
    inputTensors = List.copyOf(inputTensors);
    outputTensors = List.copyOf(outputTensors);
  }

  /**
   * One tensor, as whoever feeds or reads it must know it.
   *
   * @param dtype in the interpreter's words, such as {@code int8}
   * @param shape -1 where any size will do
   * @param affine how its integers stand for numbers; empty where they are no quantized ones
   */
  public record Tensor(String name, String dtype, List<Integer> shape, Optional<Scale> affine) {
    public Tensor {
      shape = List.copyOf(shape);
    }
  }

  /** A number is {@code scale * (integer - zeroPoint)}. */
  public record Scale(float scale, long zeroPoint) {}

  /** Their names. */
  public List<String> inputs() {
    return inputTensors.stream().map(Tensor::name).toList();
  }

  /** Their names. */
  public List<String> outputs() {
    return outputTensors.stream().map(Tensor::name).toList();
  }

  /**
   * @param file that the interpreter has taken
   */
  public static TfliteSignature of(Path file) {
    try {
      return of(ByteBuffer.wrap(Files.readAllBytes(file)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static TfliteSignature of(TfliteModel model) {
    return of(model.buffer());
  }

  private static TfliteSignature of(ByteBuffer bytes) {
    Model model = Model.getRootAsModel(bytes.order(ByteOrder.LITTLE_ENDIAN));
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
        tensors(graph, named, IntStream.range(0, graph.inputsLength()).map(graph::inputs)),
        tensors(graph, named, IntStream.range(0, graph.outputsLength()).map(graph::outputs)));
  }

  private static List<Tensor> tensors(
      SubGraph graph, Map<Integer, String> named, IntStream tensors) {
    return tensors
        .mapToObj(
            t -> {
              var tensor = graph.tensors(t);
              return new Tensor(
                  named.getOrDefault(t, String.valueOf(tensor.name())),
                  TensorType.name(tensor.type()).toLowerCase(Locale.ROOT),
                  shape(tensor),
                  affine(Optional.ofNullable(tensor.quantization())));
            })
        .toList();
  }

  private static List<Integer> shape(org.tensorflow.lite.schema.Tensor tensor) {
    return tensor.shapeSignatureLength() > 0
        ? IntStream.range(0, tensor.shapeSignatureLength())
            .map(tensor::shapeSignature)
            .boxed()
            .toList()
        : IntStream.range(0, tensor.shapeLength()).map(tensor::shape).boxed().toList();
  }

  private static Optional<Scale> affine(Optional<QuantizationParameters> parameters) {
    return parameters
        .filter(p -> p.scaleLength() == 1)
        .map(p -> new Scale(p.scale(0), p.zeroPointLength() == 1 ? p.zeroPoint(0) : 0));
  }
}
