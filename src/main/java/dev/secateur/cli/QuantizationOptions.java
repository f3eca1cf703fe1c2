package dev.secateur.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** How the INT8 model is made. */
final class QuantizationOptions {
  @Option(
      names = "--representative-samples",
      paramLabel = "N",
      description = "Samples that calibrate INT8 (default 100).")
  Optional<Integer> representativeSamples;

  @Option(
      names = "--input-type",
      paramLabel = "TYPE",
      description = "Of the INT8 model's input: float32 (default), int8 or uint8.")
  Optional<String> inputType;

  @Option(
      names = "--output-type",
      paramLabel = "TYPE",
      description = "Of the INT8 model's output: float32 (default), int8 or uint8.")
  Optional<String> outputType;

  @Option(
      names = "--integer-only",
      negatable = true,
      description = "Refuse a network that needs float operations in the INT8 model.")
  Optional<Boolean> integerOnly;

  /** Those that are given, as they are called. */
  List<String> given() {
    List<String> given = new ArrayList<>();
    representativeSamples.ifPresent(v -> given.add("--representative-samples"));
    inputType.ifPresent(v -> given.add("--input-type"));
    outputType.ifPresent(v -> given.add("--output-type"));
    integerOnly.ifPresent(v -> given.add("--integer-only"));
    return given;
  }

  /** The options as {@code quantization} and {@code representative} of a plan's document. */
  void into(ObjectNode quantization, ObjectNode representative) {
    inputType.ifPresent(v -> quantization.put("inputType", v));
    outputType.ifPresent(v -> quantization.put("outputType", v));
    integerOnly.ifPresent(v -> quantization.put("integerOnly", v));
    representativeSamples.ifPresent(v -> representative.put("samples", v));
  }
}
