package dev.secateur.tflite;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.secateur.graph.Head.Link;
import dev.secateur.plan.FineTuning;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.tensorflow.lite.schema.Buffer;
import org.tensorflow.lite.schema.BuiltinOperator;
import org.tensorflow.lite.schema.Model;
import org.tensorflow.lite.schema.Operator;
import org.tensorflow.lite.schema.SubGraph;

/**
 * What a TFLite model says of its outputs: the function that each ends with, as its operators have
 * it, and the losses that it was trained with, where Secateur made the file.
 *
 * @param links one an output, in the interpreter's order
 * @param losses by output
 */
public record TfliteHeads(List<Link> links, Map<String, FineTuning.Loss> losses) {
  /** The entry among the metadata. */
  static final String METADATA = "secateur";

  private static final ObjectMapper MAPPER = new ObjectMapper();

  public TfliteHeads {
    links = List.copyOf(links);
    losses = Map.copyOf(losses);
  }

  /**
   * @param file that the interpreter has taken
   */
  public static TfliteHeads of(Path file) {
    try {
      return of(ByteBuffer.wrap(Files.readAllBytes(file)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static TfliteHeads of(ByteBuffer flatBuffer) {
    Model model = Model.getRootAsModel(flatBuffer.duplicate().order(ByteOrder.LITTLE_ENDIAN));
    SubGraph graph = model.subgraphs(0);
    return new TfliteHeads(
        IntStream.range(0, graph.outputsLength())
            .mapToObj(i -> link(model, graph, graph.outputs(i)))
            .toList(),
        losses(model));
  }

  /** A quantized function's result is mostly turned to floats behind it. */
  private static Link link(Model model, SubGraph graph, int tensor) {
    for (int i = graph.operatorsLength() - 1; i >= 0; i--) {
      Operator operator = graph.operators(i);
      if (operator.outputsLength() == 0 || operator.outputs(0) != tensor) {
        continue;
      }
      return switch (builtin(model, operator)) {
        case BuiltinOperator.DEQUANTIZE, BuiltinOperator.QUANTIZE ->
            link(model, graph, operator.inputs(0));
        case BuiltinOperator.SOFTMAX -> Link.SOFTMAX;
        case BuiltinOperator.LOGISTIC -> Link.SIGMOID;
        default -> Link.IDENTITY;
      };
    }
    return Link.IDENTITY;
  }

  /** Small codes stand in a field of their own, as older files have them. */
  private static int builtin(Model model, Operator operator) {
    int index = (int) operator.opcodeIndex();
    return Math.max(
        model.operatorCodes(index).builtinCode(),
        model.operatorCodes(index).deprecatedBuiltinCode());
  }

  private static Map<String, FineTuning.Loss> losses(Model model) {
    for (int i = 0; i < model.metadataLength(); i++) {
      if (METADATA.equals(model.metadata(i).name())) {
        Buffer buffer = model.buffers((int) model.metadata(i).buffer());
        return losses(buffer.dataAsByteBuffer());
      }
    }
    return Map.of();
  }

  /** Whoever else uses the name says nothing of losses. */
  private static Map<String, FineTuning.Loss> losses(ByteBuffer json) {
    if (json == null) {
      return Map.of();
    }
    String text = StandardCharsets.UTF_8.decode(json).toString();
    try {
      return MAPPER.convertValue(
          MAPPER.readTree(text).withObject("/losses"), new TypeReference<>() {});
    } catch (JacksonException | IllegalArgumentException | UnsupportedOperationException e) {
      return Map.of();
    }
  }
}
