package dev.secateur.keras.spec;

import com.fasterxml.jackson.databind.JsonNode;
import dev.secateur.keras.refusal.Reason;
import dev.secateur.keras.refusal.Refusal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Numbers in a configuration: one, nested lists, or Keras' wrappings of arrays. */
public final class Numbers {
  private static final int MOST = 1 << 20;

  private Numbers() {}

  /** All numbers of an option, in row-major order; a single one fills the size. */
  public static float[] flat(Options options, String key, int size) {
    float[] values = flat(options.place(), options.get(key));
    if (values.length == 1 && size > 1) {
      float[] filled = new float[size];
      Arrays.fill(filled, values[0]);
      return filled;
    }
    if (values.length != size) {
      throw Refusal.config(
          options.place(), key + " has " + values.length + " numbers instead of " + size);
    }
    return values;
  }

  public static float[] flat(String place, JsonNode node) {
    List<Float> all = new ArrayList<>();
    collect(place, unwrapped(node), all, 0);
    float[] values = new float[all.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = all.get(i);
    }
    return values;
  }

  /** Without {@code {"class_name": "__numpy__", "config": {"value": …}}} or tuples' wrapping. */
  public static JsonNode unwrapped(JsonNode node) {
    if (!node.isObject()) {
      return node;
    }
    JsonNode config = node.path("config");
    if (config.path("value").isArray() || config.path("value").isNumber()) {
      return config.path("value");
    }
    if (node.path("value").isArray() || node.path("value").isNumber()) {
      return node.path("value");
    }
    return node.path("items").isArray() ? node.path("items") : node;
  }

  private static void collect(String place, JsonNode node, List<Float> into, int depth) {
    if (node.isArray() && depth < 16) {
      node.forEach(n -> collect(place, n, into, depth + 1));
    } else if (node.isNumber() && into.size() < MOST) {
      into.add(node.floatValue());
    } else {
      throw Refusal.config(
          place, "a number was expected, not " + Reason.abbreviated(node.toString()));
    }
  }
}
