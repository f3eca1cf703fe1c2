package dev.secateur.ledger;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.EventJson;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** One object's JSON, read field by field; whatever is not as it must be names key and field. */
record Document(String key, ObjectNode json) {
  /** What this version reads. */
  private static final int NEWEST = 3;

  /** What it writes, where nothing newer is needed, so that older versions can read it. */
  static final int OLDEST = 1;

  static ObjectNode fresh() {
    return JsonNodeFactory.instance.objectNode().put("format", OLDEST);
  }

  /**
   * @throws UnreadableException if it is damaged, or of a newer format
   */
  static Document read(String key, byte[] content) {
    JsonNode tree;
    try {
      tree = EventJson.parse(content);
    } catch (IOException e) {
      throw new UnreadableException(key + ": is no JSON", false);
    }
    if (!(tree instanceof ObjectNode json) || !json.path("format").isInt()) {
      throw new UnreadableException(key + ": is no document of the ledger", false);
    }
    int format = json.get("format").asInt();
    if (format > NEWEST) {
      throw new UnreadableException(
          key + ": has format " + format + "; this version reads up to " + NEWEST, true);
    }
    return new Document(key, json);
  }

  String text(String field) {
    return demand(field, json.path(field).isTextual()).asText();
  }

  long number(String field) {
    return demand(field, json.path(field).isIntegralNumber()).asLong();
  }

  int count(String field) {
    return demand(field, json.path(field).isInt()).asInt();
  }

  double fraction(String field) {
    return demand(field, json.path(field).isNumber()).asDouble();
  }

  boolean flag(String field) {
    return demand(field, json.path(field).isBoolean()).asBoolean();
  }

  ObjectNode object(String field) {
    return (ObjectNode) demand(field, json.path(field).isObject());
  }

  JsonNode list(String field) {
    return demand(field, json.path(field).isArray());
  }

  Optional<String> optionalText(String field) {
    return json.path(field).isTextual() ? Optional.of(text(field)) : Optional.empty();
  }

  Duration duration(String field) {
    try {
      return Duration.parse(text(field));
    } catch (DateTimeException e) {
      throw damaged(field);
    }
  }

  Instant instant(String field) {
    try {
      return Instant.parse(text(field));
    } catch (DateTimeException e) {
      throw damaged(field);
    }
  }

  byte[] bytes(String field) {
    try {
      return demand(field, json.path(field).isTextual()).binaryValue();
    } catch (IOException e) {
      throw damaged(field);
    }
  }

  private JsonNode demand(String field, boolean fits) {
    if (!fits) {
      throw damaged(field);
    }
    return json.get(field);
  }

  private UnreadableException damaged(String field) {
    return new UnreadableException(key + ": " + field + ": is missing or of another type", false);
  }
}
