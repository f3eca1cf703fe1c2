package dev.secateur.keras;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The losses in a {@code training_config} or {@code compile_config}. */
final class TrainingConfigs {
  private TrainingConfigs() {}

  static Optional<TrainingConfig> of(JsonNode config) {
    List<TrainingConfig.Loss> losses = new ArrayList<>();
    collect(config.path("loss"), losses, 0);
    return losses.isEmpty() ? Optional.empty() : Optional.of(new TrainingConfig(losses));
  }

  /** A name, an object with a class and options, or lists and dicts of these, one an output. */
  private static void collect(JsonNode node, List<TrainingConfig.Loss> into, int depth) {
    if (depth > 8) {
      return;
    }
    if (node.isTextual()) {
      into.add(new TrainingConfig.Loss(snakeCase(node.asText()), false, 0));
    } else if (node.has("class_name")) {
      into.add(loss(node));
    } else if (node.isContainerNode()) {
      node.forEach(n -> collect(n, into, depth + 1));
    }
  }

  private static TrainingConfig.Loss loss(JsonNode node) {
    JsonNode config = node.path("config");
    if (config.isTextual()) { // {"class_name": "function", "config": "categorical_crossentropy"}
      return new TrainingConfig.Loss(snakeCase(config.asText()), false, 0);
    }
    String name = snakeCase(node.path("class_name").asText());
    if (name.equals("loss_function_wrapper")) {
      name = snakeCase(config.path("fn").asText(config.path("name").asText()));
    }
    boolean logits = config.path("from_logits").asBoolean(false);
    return new TrainingConfig.Loss(name, logits, config.path("label_smoothing").asDouble(0));
  }

  static String snakeCase(String name) {
    String own = name.substring(name.lastIndexOf('>') + 1);
    if (own.equals(own.toUpperCase(Locale.ROOT))) {
      return own.toLowerCase(Locale.ROOT);
    }
    return own.replaceAll("(.)([A-Z][a-z0-9]+)", "$1_$2")
        .replaceAll("([a-z])([A-Z])", "$1_$2")
        .toLowerCase(Locale.ROOT);
  }
}
