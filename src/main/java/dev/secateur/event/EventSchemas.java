package dev.secateur.event;

import com.fasterxml.jackson.databind.JsonNode;
import dev.secateur.plan.JsonSchema;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The JSON Schemas of the events' data, and what they say about a given one. */
public final class EventSchemas {
  private static final Map<EventType, JsonSchema> SCHEMAS = load();

  private EventSchemas() {}

  /** One line a defect, such as {@code /plan/pruning/finalSparsity: must be below 1}. */
  public static List<String> violations(EventType type, JsonNode data) {
    return SCHEMAS.get(type).violations(data).stream().map(JsonSchema.Violation::toString).toList();
  }

  /** The schema as it stands in the jar. */
  public static String text(EventType type) {
    return JsonSchema.text(type.schema());
  }

  private static Map<EventType, JsonSchema> load() {
    Map<EventType, JsonSchema> schemas = new EnumMap<>(EventType.class);
    for (EventType type : EventType.values()) {
      schemas.put(type, JsonSchema.of(type.schema()));
    }
    return schemas;
  }
}
