package dev.secateur.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** How the quantized models are made. */
final class QuantizationOptions {
  @Option(
      names = "--scheme",
      paramLabel = "NAME",
      description = {
        "What the numbers become: int8 (default), int4 (kernels of four bits, found by",
        "reconstruction), int8-weights (kernels alone), float16 or int16x8 (8-bit weights, 16-bit",
        "activations). May be repeated: each makes a file, the first one's decides."
      })
  List<String> schemes = List.of();

  @Option(
      names = "--weight-bits",
      paramLabel = "8|4",
      description =
          "Of kernels in the file by int8 (default 8). 4: the levels of int4, stored as INT8, which"
              + " every runtime computes and a zip makes smaller.")
  Optional<Integer> weightBits;

  @Option(
      names = "--keep-int8",
      paramLabel = "LAYER,…",
      description =
          "Layers whose kernels stay at eight bits where others have four; none: ''. Default: those"
              + " at the network's ends, where they are small.")
  Optional<String> keepInt8;

  @Option(
      names = "--representative-samples",
      paramLabel = "N",
      description = "Samples that calibrate integer activations (default 100).")
  Optional<Integer> representativeSamples;

  @Option(
      names = "--input-type",
      paramLabel = "TYPE",
      description =
          "Of the quantized model's input: float32 (default); int8 or uint8 (of int8); int16 (of"
              + " int16x8).")
  Optional<String> inputType;

  @Option(names = "--output-type", paramLabel = "TYPE", description = "Of its output, likewise.")
  Optional<String> outputType;

  @Option(
      names = "--integer-only",
      negatable = true,
      description = "Refuse a network that needs float operations where activations are integers.")
  Optional<Boolean> integerOnly;

  @Option(
      names = "--keep-float",
      paramLabel = "LAYER,…",
      description =
          "Layers whose numbers stay float32; or auto: the fewest with which the result is"
              + " accepted. Default: none.")
  Optional<String> keepFloat;

  @Option(
      names = "--per-tensor-dense",
      negatable = true,
      description =
          "One scale for a dense layer's kernel, as TFLite before 2.10 and TFLite Micro before"
              + " 2024-09 need it.")
  Optional<Boolean> perTensorDense;

  /** Those that are given, as they are called. */
  List<String> given() {
    List<String> given = new ArrayList<>();
    schemes.forEach(v -> given.add("--scheme"));
    weightBits.ifPresent(v -> given.add("--weight-bits"));
    keepInt8.ifPresent(v -> given.add("--keep-int8"));
    representativeSamples.ifPresent(v -> given.add("--representative-samples"));
    inputType.ifPresent(v -> given.add("--input-type"));
    outputType.ifPresent(v -> given.add("--output-type"));
    integerOnly.ifPresent(v -> given.add("--integer-only"));
    keepFloat.ifPresent(v -> given.add("--keep-float"));
    perTensorDense.ifPresent(v -> given.add("--per-tensor-dense"));
    return given;
  }

  /** The options as {@code quantization} and {@code representative} of a plan's document. */
  void into(ObjectNode quantization, ObjectNode representative) {
    if (!schemes.isEmpty()) {
      schemes.forEach(quantization.putArray("scheme")::add);
    }
    weightBits.ifPresent(v -> quantization.put("weightBits", v));
    keepInt8.ifPresent(v -> layers(quantization, "keepInt8", v));
    inputType.ifPresent(v -> quantization.put("inputType", v));
    outputType.ifPresent(v -> quantization.put("outputType", v));
    integerOnly.ifPresent(v -> quantization.put("integerOnly", v));
    keepFloat.ifPresent(v -> layers(quantization, "keepFloat", v));
    perTensorDense.ifPresent(v -> quantization.put("perTensorDense", v));
    representativeSamples.ifPresent(v -> representative.put("samples", v));
  }

  private static void layers(ObjectNode quantization, String field, String list) {
    if (list.equals("auto")) {
      quantization.put(field, list);
      return;
    }
    ArrayNode layers = quantization.putArray(field);
    Stream.of(list.split(","))
        .map(String::strip)
        .filter(layer -> !layer.isEmpty())
        .forEach(layers::add);
  }
}
