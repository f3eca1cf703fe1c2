package dev.secateur.keras;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** The closed list of TensorFlow and Keras 3 operations that stand between layers. */
final class Operations {
  private Operations() {}

  static boolean supports(String name) {
    return false;
  }

  static JsonNode nodeDefinition(ObjectNode config) {
    return config.path("node_def");
  }

  static String lower(LayerContext layer, LayerSpec.Call call) {
    throw new Refusal(Refusals.operation(layer.type(), layer.path()));
  }
}
