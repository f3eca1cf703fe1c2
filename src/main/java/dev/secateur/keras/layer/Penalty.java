package dev.secateur.keras.layer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.secateur.keras.refusal.Reason;
import dev.secateur.keras.refusal.Refusal;
import java.util.Locale;

/** What a regularizer adds to the loss: {@code l1·Σ|w| + l2·Σw²}. */
record Penalty(double l1, double l2) {
  private static final Penalty NONE = new Penalty(0, 0);

  boolean isNone() {
    return equals(NONE);
  }

  /**
   * {@code {"class_name": "L2", "config": {"l2": …}}}, Keras 1's {@code {"name": …, "l1": …}}, or a
   * name alone with Keras' default of 0.01.
   *
   * @param place of the layer
   * @throws Refusal for a regularizer of another kind
   */
  static Penalty of(String place, JsonNode node) {
    if (node.isNull() || node.isMissingNode() || node.isEmpty() && node.isContainerNode()) {
      return NONE;
    }
    if (node.isTextual()) {
      String name = node.asText().toLowerCase(Locale.ROOT);
      if (!name.contains("l1") && !name.contains("l2")) {
        throw unknown(place, name);
      }
      return new Penalty(name.contains("l1") ? 0.01 : 0, name.contains("l2") ? 0.01 : 0);
    }
    JsonNode config = node.path("config").isObject() ? node.path("config") : node;
    if (!config.has("l1") && !config.has("l2")) {
      throw unknown(place, node.path("class_name").asText(node.path("name").asText("")));
    }
    return new Penalty(number(config.path("l1")), number(config.path("l2")));
  }

  private static Refusal unknown(String place, String name) {
    return Refusal.option(place, "the regularizer " + Reason.abbreviated(name));
  }

  private static double number(JsonNode node) {
    JsonNode value = node.isObject() ? node.path("config").path("value") : node;
    return value.asDouble(0);
  }
}
