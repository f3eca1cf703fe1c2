package dev.secateur.event;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/**
 * JSON as events hold it: bounded in depth, without repeated keys, and canonical where it is
 * hashed.
 */
public final class EventJson {
  /** The contract's deepest place is six levels down; strangers may add some of their own. */
  private static final int DEEPEST = 64;

  private static final int LONGEST_NUMBER = 64;

  private static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(DEEPEST)
                          .maxNumberLength(LONGEST_NUMBER)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .addModule(new Jdk8Module())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .serializationInclusion(com.fasterxml.jackson.annotation.JsonInclude.Include.NON_ABSENT)
          .build();

  private static final ObjectMapper CANONICAL =
      JsonMapper.builder().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).build();

  private EventJson() {}

  /**
   * Parses one JSON value and nothing after it.
   *
   * @throws IOException if it is no JSON, or holds a number that no double can hold
   */
  public static JsonNode parse(byte[] json) throws IOException {
    JsonNode tree = MAPPER.readTree(json);
    requireFinite(tree, "");
    return tree;
  }

  private static void requireFinite(JsonNode node, String place) throws IOException {
    if (node.isFloatingPointNumber() && !Double.isFinite(node.asDouble())) {
      throw new IOException(place + ": the number is too large");
    }
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      requireFinite(field.getValue(), place + "/" + field.getKey());
    }
    if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        requireFinite(node.get(i), place + "/" + i);
      }
    }
  }

  /** A record of this room as JSON; absent values are left out. */
  public static ObjectNode toTree(Object event) {
    return MAPPER.valueToTree(event);
  }

  static <T> T fromTree(JsonNode tree, Class<T> type) throws JsonProcessingException {
    return MAPPER.treeToValue(tree, type);
  }

  /** The tree's bytes, in the order it has. */
  public static byte[] bytes(JsonNode tree) {
    try {
      return MAPPER.writeValueAsBytes(tree);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a JSON tree cannot fail to be written", e);
    }
  }

  /** Bytes that are equal where the trees are: keys sorted, no white space. */
  public static byte[] canonical(JsonNode tree) {
    try {
      return CANONICAL.writeValueAsBytes(sorted(tree));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a JSON tree cannot fail to be written", e);
    }
  }

  private static Object sorted(JsonNode node) {
    if (node.isObject()) {
      Map<String, Object> fields = new TreeMap<>();
      node.properties().forEach(f -> fields.put(f.getKey(), sorted(f.getValue())));
      return fields;
    }
    if (node.isArray()) {
      return node.valueStream().map(EventJson::sorted).toList();
    }
    return node;
  }
}
