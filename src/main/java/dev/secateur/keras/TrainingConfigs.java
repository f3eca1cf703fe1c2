package dev.secateur.keras;

import com.fasterxml.jackson.databind.JsonNode;
import dev.secateur.keras.spec.SnakeCase;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The losses in a {@code training_config} (HDF5) or {@code compile_config} (Keras 3): a function's
 * name, an object with a class and its options, or a list or a dict of these, one an output.
 * TensorFlow 2 wraps functions and dicts once more.
 */
final class TrainingConfigs {
  private TrainingConfigs() {}

  static Optional<TrainingConfig> of(JsonNode config) {
    List<TrainingConfig.Loss> losses = new ArrayList<>();
    JsonNode loss = config.path("loss");
    if (loss.isArray() && loss.size() != 1) {
      loss.forEach(l -> losses.add(of(l, Optional.empty())));
    } else if (loss.isArray()) {
      losses.add(of(loss.get(0), Optional.empty()));
    } else if (loss.isObject() && !loss.has("class_name")) {
      for (Map.Entry<String, JsonNode> named : loss.properties()) {
        losses.add(of(named.getValue(), Optional.of(named.getKey())));
      }
    } else if (!loss.isMissingNode() && !loss.isNull()) {
      losses.add(of(loss, Optional.empty()));
    }
    return losses.stream().allMatch(l -> l.name().isEmpty())
        ? Optional.empty()
        : Optional.of(new TrainingConfig(losses));
  }

  private static TrainingConfig.Loss of(JsonNode node, Optional<String> output) {
    if (node.isArray() && node.size() == 1) { // {"age": ["mse"]}
      return of(node.get(0), output);
    }
    if (!node.has("class_name")) {
      return new TrainingConfig.Loss(output, SnakeCase.of(node.asText("")), false, 0);
    }
    JsonNode config = node.path("config");
    if (config.isTextual()) { // {"class_name": "function", "config": "categorical_crossentropy"}
      return new TrainingConfig.Loss(output, SnakeCase.of(config.asText()), false, 0);
    }
    String name = SnakeCase.of(node.path("class_name").asText());
    if (name.equals("loss_function_wrapper")) {
      name = SnakeCase.of(config.path("fn").asText(config.path("name").asText()));
    }
    boolean logits = config.path("from_logits").asBoolean(false);
    return new TrainingConfig.Loss(
        output, name, logits, config.path("label_smoothing").asDouble(0));
  }
}
