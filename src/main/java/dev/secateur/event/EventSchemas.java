package dev.secateur.event;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The JSON Schemas of the events' data, and what they say about a given one. */
public final class EventSchemas {
  private static final Map<EventType, Schema> SCHEMAS = load();

  private EventSchemas() {}

  /** One line a defect, such as {@code /plan/pruning/finalSparsity: must be below 1}. */
  public static List<String> violations(EventType type, JsonNode data) {
    return SCHEMAS.get(type).validate(data).stream().map(EventSchemas::line).distinct().toList();
  }

  /** The schema as it stands in the jar. */
  public static String text(EventType type) {
    try (InputStream in = EventSchemas.class.getResourceAsStream(type.resource())) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<EventType, Schema> load() {
    SchemaRegistry registry = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
    Map<EventType, Schema> schemas = new EnumMap<>(EventType.class);
    for (EventType type : EventType.values()) {
      schemas.put(type, registry.getSchema(text(type), InputFormat.JSON));
    }
    return schemas;
  }

  private static String line(Error error) {
    String place = error.getInstanceLocation().toString();
    return switch (error.getKeyword()) {
      case "required" -> place + "/" + error.getProperty() + ": is required";
      default -> (place.isEmpty() ? "/" : place) + ": " + demand(error);
    };
  }

  /** The schema's demand in words; the library's own for keywords that our schemas seldom use. */
  private static String demand(Error error) {
    JsonNode limit = error.getSchemaNode();
    return switch (error.getKeyword()) {
      case "exclusiveMaximum" -> "must be below " + limit.asText();
      case "exclusiveMinimum" -> "must be above " + limit.asText();
      case "maximum" -> "must be at most " + limit.asText();
      case "minimum" -> "must be at least " + limit.asText();
      case "maxLength" -> "must have at most " + limit.asText() + " characters";
      case "pattern" -> "must match " + limit.asText();
      case "type" -> "must be of type " + names(limit) + ", not " + kind(error.getInstanceNode());
      case "enum" -> "must be one of " + names(limit);
      case "const" -> "must be " + limit.asText();
      default -> error.getMessage();
    };
  }

  private static String names(JsonNode names) {
    return names.isArray()
        ? String.join(", ", names.valueStream().map(JsonNode::asText).toList())
        : names.asText();
  }

  private static String kind(JsonNode node) {
    return switch (node.getNodeType()) {
      case STRING -> "string";
      case NUMBER -> node.isIntegralNumber() ? "integer" : "number";
      case BOOLEAN -> "boolean";
      case ARRAY -> "array";
      case OBJECT -> "object";
      default -> "null";
    };
  }
}
