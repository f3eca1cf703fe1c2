package dev.secateur.keras;

import com.fasterxml.jackson.databind.JsonNode;
import dev.secateur.keras.spec.SnakeCase;
import java.util.ArrayList;
import java.util.List;
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
      into.add(new TrainingConfig.Loss(SnakeCase.of(node.asText()), false, 0));
    } else if (node.has("class_name")) {
      into.add(loss(node));
    } else if (node.isContainerNode()) {
      node.forEach(n -> collect(n, into, depth + 1));
    }
  }

  private static TrainingConfig.Loss loss(JsonNode node) {
    JsonNode config = node.path("config");
    if (config.isTextual()) { // {"class_name": "function", "config": "categorical_crossentropy"}
      return new TrainingConfig.Loss(SnakeCase.of(config.asText()), false, 0);
    }
    String name = SnakeCase.of(node.path("class_name").asText());
    if (name.equals("loss_function_wrapper")) {
      name = SnakeCase.of(config.path("fn").asText(config.path("name").asText()));
    }
    boolean logits = config.path("from_logits").asBoolean(false);
    return new TrainingConfig.Loss(name, logits, config.path("label_smoothing").asDouble(0));
  }
}
