package dev.secateur.keras.spec;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.keras.refusal.Reason;
import dev.secateur.keras.refusal.Refusal;

/** Configurations as text. */
public final class Json {
  private static final JsonMapper MAPPER = new JsonMapper();

  private Json() {}

  /**
   * @param place where the text stands in the file
   * @throws Refusal if it is no JSON object, or beyond the bounds of the parser
   */
  public static ObjectNode object(String text, String place) {
    if (value(text, place) instanceof ObjectNode object) {
      return object;
    }
    throw Refusal.config(place, "no JSON object");
  }

  /** As above, of any kind. */
  public static JsonNode value(String text, String place) {
    try {
      return MAPPER.readTree(text);
    } catch (StreamConstraintsException e) {
      throw Refusal.limit(place, Reason.abbreviated(e.getOriginalMessage()));
    } catch (JsonProcessingException e) {
      throw Refusal.config(place, "not JSON: " + Reason.abbreviated(e.getOriginalMessage()));
    }
  }

  public static String text(JsonNode node) {
    try {
      return MAPPER.writeValueAsString(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
