package dev.secateur.golden;

import com.fasterxml.jackson.databind.JsonNode;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.keras.KerasSource;
import dev.secateur.keras.architecture.Replacement;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** One model file with what Keras and TensorFlow's converter made of it. */
record Fixture(Path directory, JsonNode entry) {
  String name() {
    return entry.path("name").asText();
  }

  /** The layer, operation, file format or architecture that it is about. */
  String group() {
    return entry.path("group").asText();
  }

  Map<String, String> options() {
    Map<String, String> options = new LinkedHashMap<>();
    entry
        .path("options")
        .fields()
        .forEachRemaining(o -> options.put(o.getKey(), o.getValue().asText()));
    return options;
  }

  Path model() {
    return directory.resolve(entry.path("file").asText());
  }

  /** The model, with what stands beside it. */
  KerasSource source() {
    Map<String, Replacement> replacements = new LinkedHashMap<>();
    entry
        .path("replace")
        .properties()
        .forEach(r -> replacements.put(r.getKey(), Replacement.of(r.getValue().asText())));
    return new KerasSource(
        model(),
        Optional.ofNullable(entry.get("architecture")).map(a -> directory.resolve(a.asText())),
        replacements,
        Optional.empty());
  }

  /** "converts", or why TensorFlow's converter fails. */
  String official() {
    return entry.path("official").asText();
  }

  /** "same", "different", or why current Keras does not load the file. */
  String currentKeras() {
    return entry.path("currentKeras").asText();
  }

  /** Whether the file's model takes its channels first, and the samples have them last. */
  boolean isChannelsFirst() {
    return entry.path("aged").asText().equals("channels-first");
  }

  boolean hasGradients() {
    return entry.has("loss");
  }

  double loss() {
    return entry.path("loss").asDouble();
  }

  /** Keras' names of the outputs in the order of {@code y}, where these are a dict's keys. */
  List<String> outputNames() {
    List<String> names = new ArrayList<>();
    entry.path("outputNames").forEach(n -> names.add(n.asText()));
    return names;
  }

  /** Largest difference of float outputs, as a fraction of their range, where it is this one's. */
  OptionalDouble tolerance() {
    return number("tolerance");
  }

  /** Whether a generator drew it: with few samples, and without a look at what it amounts to. */
  boolean isRandom() {
    return group().equals("random");
  }

  /** Largest RMS error of INT8 without an official result, likewise. */
  OptionalDouble int8Tolerance() {
    return number("int8Tolerance");
  }

  private OptionalDouble number(String field) {
    return entry.has(field)
        ? OptionalDouble.of(entry.path(field).asDouble())
        : OptionalDouble.empty();
  }

  /** Size of one quantization step of an output of the official INT8 model. */
  double officialStep(int output) {
    return entry.path("officialSteps").path(output).asDouble();
  }

  /** The tensors {@code kind/0}, {@code kind/1}, …. */
  List<Tensor> tensors(String kind) {
    List<Tensor> tensors = new ArrayList<>();
    while (entry.path("tensors").has(kind + "/" + tensors.size())) {
      tensors.add(tensor(kind + "/" + tensors.size()));
    }
    return tensors;
  }

  /** Keras' gradients by {@code layer/weight}. */
  Map<String, Tensor> gradients() {
    Map<String, Tensor> gradients = new LinkedHashMap<>();
    entry
        .path("tensors")
        .fieldNames()
        .forEachRemaining(
            n -> {
              if (n.startsWith("gradient/")) {
                gradients.put(n.substring("gradient/".length()), tensor(n));
              }
            });
    return gradients;
  }

  private Tensor tensor(String name) {
    JsonNode at = entry.path("tensors").path(name);
    int[] dims = new int[at.path("shape").size()];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = at.path("shape").get(i).asInt();
    }
    Shape shape = Shape.of(dims);
    float[] values = new float[Math.toIntExact(shape.size())];
    try (FileChannel channel = FileChannel.open(directory.resolve("data.bin"))) {
      channel
          .map(
              FileChannel.MapMode.READ_ONLY,
              at.path("offset").asLong() * Float.BYTES,
              (long) values.length * Float.BYTES)
          .order(ByteOrder.LITTLE_ENDIAN)
          .asFloatBuffer()
          .get(values);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Tensor(shape, values);
  }

  @Override
  public String toString() {
    return name() + " " + options();
  }
}
