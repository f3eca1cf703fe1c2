package dev.secateur.keras.spec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.graph.Op.Padding;
import dev.secateur.graph.Op.Size;
import dev.secateur.keras.refusal.Reason;
import dev.secateur.keras.refusal.Refusal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * A layer's configuration, read with types and bounds; what does not fit names the layer. It
 * remembers which keys were asked for, so that what nobody understood can be refused.
 */
public final class Options {
  /** No kernel, pool, stride or number of units of a real network comes near. */
  private static final int LARGEST = 1 << 24;

  private final String place;
  private final ObjectNode config;
  private final Set<String> read = new HashSet<>();

  public Options(String place, ObjectNode config) {
    this.place = place;
    this.config = config;
  }

  public String place() {
    return place;
  }

  /** All of it, without a note of what is read. */
  public ObjectNode config() {
    return config;
  }

  /** The keys that were not asked for. */
  public List<String> unread() {
    List<String> keys = new ArrayList<>();
    config.fieldNames().forEachRemaining(keys::add);
    keys.removeAll(read);
    return keys;
  }

  public boolean has(String key) {
    read.add(key);
    JsonNode value = config.get(key);
    return value != null && !value.isNull();
  }

  public JsonNode get(String key) {
    read.add(key);
    return config.path(key);
  }

  public String text(String key, String fallback) {
    if (!has(key)) {
      return fallback;
    }
    if (!get(key).isTextual()) {
      throw wrong(key, "a string");
    }
    return get(key).asText();
  }

  public boolean flag(String key, boolean fallback) {
    if (!has(key)) {
      return fallback;
    }
    if (!get(key).isBoolean() && !get(key).isInt()) {
      throw wrong(key, "true or false");
    }
    return get(key).asBoolean();
  }

  public int integer(String key) {
    if (!has(key)) {
      throw wrong(key, "present");
    }
    return integer(get(key), key);
  }

  public int integer(String key, int fallback) {
    return has(key) ? integer(get(key), key) : fallback;
  }

  /** An integer of at least one. */
  public int count(String key) {
    return positive(integer(key), key);
  }

  public int count(String key, int fallback) {
    return positive(integer(key, fallback), key);
  }

  public float number(String key, float fallback) {
    return (float) real(key, fallback);
  }

  double real(String key, double fallback) {
    if (!has(key)) {
      return fallback;
    }
    JsonNode value = get(key);
    // Keras 3 writes an array argument as {"class_name": "__numpy__", …}.
    if (value.isObject()) {
      value = value.path("config").path("value");
    }
    if (!value.isNumber()) {
      throw wrong(key, "a number");
    }
    return value.asDouble();
  }

  public List<Integer> integers(String key) {
    List<Integer> all = new ArrayList<>();
    JsonNode value = get(key);
    if (value.isArray()) {
      value.forEach(v -> all.add(integer(v, key)));
    } else {
      all.add(integer(key));
    }
    return all;
  }

  /** One integer for both, or two. */
  public Size size(String key, Size fallback) {
    if (!has(key)) {
      return fallback;
    }
    List<Integer> v = integers(key);
    if (v.size() > 2 || v.isEmpty()) {
      throw wrong(key, "one or two integers");
    }
    return new Size(positive(v.get(0), key), positive(v.get(v.size() - 1), key));
  }

  /** One integer for a one-dimensional layer, as width of a height of one. */
  public Size length(String key, int fallback) {
    if (!has(key)) {
      return new Size(1, fallback);
    }
    List<Integer> v = integers(key);
    if (v.size() != 1) {
      throw wrong(key, "one integer");
    }
    return new Size(1, positive(v.get(0), key));
  }

  public Padding padding(String fallback) {
    String padding = text("padding", fallback).toLowerCase(Locale.ROOT);
    return switch (padding) {
      case "same" -> Padding.SAME;
      case "valid" -> Padding.VALID;
      default -> throw Refusal.option(place, "padding \"" + padding + "\"");
    };
  }

  /** An axis of a value of {@code rank}, counted from the front; not the batch. */
  public int axis(String key, int fallback, int rank) {
    int axis = has(key) && get(key).isArray() ? onlyAxis(key) : integer(key, fallback);
    return axis(axis, rank, key);
  }

  private int onlyAxis(String key) {
    List<Integer> axes = integers(key);
    if (axes.size() != 1) {
      throw Refusal.option(place, key + " " + axes + ": more than one");
    }
    return axes.get(0);
  }

  public int axis(int axis, int rank, String key) {
    int positive = axis < 0 ? axis + rank : axis;
    if (positive < 1 || positive >= rank) {
      throw Refusal.config(place, key + " " + axis + " of a value with " + rank + " dimensions");
    }
    return positive;
  }

  public Optional<JsonNode> optional(String key) {
    return has(key) ? Optional.of(get(key)) : Optional.empty();
  }

  private int integer(JsonNode value, String key) {
    if (value.isIntegralNumber() && value.canConvertToInt()) {
      return value.intValue();
    }
    if (value.isNumber() && value.doubleValue() == Math.rint(value.doubleValue())) {
      double d = value.doubleValue();
      if (Math.abs(d) <= LARGEST) {
        return (int) d;
      }
    }
    throw wrong(key, "an integer of sensible size");
  }

  private int positive(int value, String key) {
    if (value < 1 || value > LARGEST) {
      throw wrong(key, "between 1 and " + LARGEST);
    }
    return value;
  }

  private Refusal wrong(String key, String expected) {
    String found = has(key) ? Reason.abbreviated(get(key).toString()) : "absent";
    return Refusal.config(place, key + " is " + found + ", not " + expected);
  }
}
