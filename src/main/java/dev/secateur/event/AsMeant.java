package dev.secateur.event;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * What producers write in different ways and mean the same, in one way: {@code null} is a field
 * left out, {@code 1.0} is the integer 1, {@code "version": 3} is the version "3", a SHA-256 in
 * capitals is one in small letters, and {@code s3a://} and {@code s3n://} are {@code s3://}.
 */
final class AsMeant {
  private static final Pattern HADOOPS = Pattern.compile("^s3[an]://");

  /** Above it not every integer is a double. */
  private static final double LARGEST_EXACT = 1L << 53;

  private AsMeant() {}

  static ObjectNode of(ObjectNode data) {
    ObjectNode meant = object(data);
    if (meant.get("model") instanceof ObjectNode model
        && model.path("version").isIntegralNumber()) {
      model.put("version", model.get("version").asText());
    }
    return meant;
  }

  private static ObjectNode object(ObjectNode object) {
    ObjectNode meant = JsonNodeFactory.instance.objectNode();
    object
        .properties()
        .forEach(
            field -> {
              if (!field.getValue().isNull()) {
                meant.set(field.getKey(), field(field.getKey(), field.getValue()));
              }
            });
    return meant;
  }

  private static JsonNode field(String name, JsonNode value) {
    if (value.isTextual() && name.equals("sha256")) {
      return JsonNodeFactory.instance.textNode(value.asText().toLowerCase(Locale.ROOT));
    }
    if (value.isTextual() && name.equals("uri")) {
      return JsonNodeFactory.instance.textNode(
          HADOOPS.matcher(value.asText()).replaceFirst("s3://"));
    }
    return value(value);
  }

  private static JsonNode value(JsonNode value) {
    if (value instanceof ObjectNode object) {
      return object(object);
    }
    if (value instanceof ArrayNode array) {
      ArrayNode meant = JsonNodeFactory.instance.arrayNode();
      array.forEach(element -> meant.add(value(element)));
      return meant;
    }
    if (value.isFloatingPointNumber()) {
      double number = value.asDouble();
      boolean whole = number == Math.rint(number) && Math.abs(number) <= LARGEST_EXACT;
      return whole ? JsonNodeFactory.instance.numberNode((long) number) : value;
    }
    return value;
  }
}
