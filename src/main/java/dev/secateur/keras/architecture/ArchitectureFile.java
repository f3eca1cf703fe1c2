package dev.secateur.keras.architecture;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.keras.refusal.Kind;
import dev.secateur.keras.refusal.Refusal;
import dev.secateur.keras.spec.Json;
import dev.secateur.keras.spec.Yaml;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * An architecture that stands in a file of its own: what {@code model.to_json()} gives, as it is or
 * as a JSON string of it; {@code to_yaml()} of Keras 1 and 2; or {@code get_config()} alone.
 *
 * @param config of the model, with its class
 * @param version of Keras, where it says so
 */
public record ArchitectureFile(JsonNode config, Optional<String> version) {
  private static final long LARGEST = 64 << 20;
  private static final int MOST_WRAPPINGS = 4;

  /**
   * @throws Refusal if it is no architecture
   */
  public static ArchitectureFile read(Path file) throws IOException {
    if (Files.size(file) > LARGEST) {
      throw Refusal.limit(file.toString(), "an architecture of " + Files.size(file) + " bytes");
    }
    String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8).strip();
    text = text.startsWith("\uFEFF") ? text.substring(1) : text;
    if (text.isEmpty() || text.startsWith("\u0089HDF") || text.startsWith("PK")) {
      throw none(file);
    }
    boolean json = "{[\"".indexOf(text.charAt(0)) >= 0;
    JsonNode node = json ? Json.value(text, file.toString()) : Yaml.value(text, file.toString());
    for (int i = 0; i < MOST_WRAPPINGS && node.isTextual(); i++) {
      node = Json.value(node.asText(), file.toString());
    }
    if (node.has("model_config")) { // an attribute of HDF5, dumped with its name
      node = node.get("model_config");
    }
    JsonNode model = named(node);
    boolean layers = model.path("config").isArray() || model.at("/config/layers").isArray();
    if (!layers && !model.has("class_name")) {
      throw none(file);
    }
    return new ArchitectureFile(model, version(node, text));
  }

  private static Refusal none(Path file) {
    return new Refusal(
        Kind.INVALID_CONFIG,
        file.toString(),
        "no architecture of Keras",
        "write it with model.to_json()");
  }

  /** A bare {@code get_config()} with the class that it is of. */
  private static JsonNode named(JsonNode node) {
    if (node.has("class_name") && node.has("config")) {
      return node;
    }
    boolean functional = node.has("input_layers") || node.has("output_layers");
    ObjectNode model = JsonNodeFactory.instance.objectNode();
    if (node.isArray() || node.path("layers").isArray()) {
      model.put("class_name", functional ? "Functional" : "Sequential");
      model.set("config", node);
    }
    return model;
  }

  private static Optional<String> version(JsonNode node, String text) {
    JsonNode stated = node.path("keras_version");
    if (stated.isTextual()) {
      return Optional.of(stated.asText());
    }
    if (text.contains("registered_name")) { // no Keras before 2.13 says so, and these say theirs
      return Optional.of("3");
    }
    boolean first = text.contains("border_mode") || text.contains("nb_filter");
    return first ? Optional.of("1") : Optional.empty();
  }
}
