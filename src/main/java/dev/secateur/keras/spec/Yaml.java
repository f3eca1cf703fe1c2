package dev.secateur.keras.spec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.keras.refusal.Kind;
import dev.secateur.keras.refusal.Reason;
import dev.secateur.keras.refusal.Refusal;
import java.io.StringReader;
import java.util.Locale;
import java.util.Set;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * YAML as Python writes a configuration: plain values, and Python's tuples and texts. Nothing is
 * constructed of it but JSON; any other object of Python is a refusal.
 */
public final class Yaml {
  private static final String PYTHON = "tag:yaml.org,2002:python/";
  private static final Set<String> TEXTS = Set.of(PYTHON + "unicode", PYTHON + "str");
  private static final Set<String> LISTS =
      Set.of(Tag.SEQ.getValue(), PYTHON + "tuple", PYTHON + "list");

  /** What aliases stand for is counted each time. */
  private static final int MOST_NODES = 1 << 20;

  private static final int DEEPEST = 200;

  private final String place;
  private int nodes;

  private Yaml(String place) {
    this.place = place;
  }

  /**
   * @param place where the text stands, for refusals
   * @throws Refusal if it is no YAML, or more than values
   */
  public static JsonNode value(String text, String place) {
    LoaderOptions options = new LoaderOptions();
    options.setMaxAliasesForCollections(MOST_NODES);
    options.setNestingDepthLimit(DEEPEST);
    options.setCodePointLimit(Integer.MAX_VALUE);
    options.setTagInspector(tag -> true); // no object is made of any: json() judges them
    try {
      Node root = new org.yaml.snakeyaml.Yaml(options).compose(new StringReader(text));
      return root == null ? JsonNodeFactory.instance.nullNode() : new Yaml(place).json(root, 0);
    } catch (YAMLException e) {
      throw Refusal.config(
          place, "neither JSON nor YAML: " + Reason.abbreviated(String.valueOf(e.getMessage())));
    }
  }

  private JsonNode json(Node node, int depth) {
    if (++nodes > MOST_NODES || depth > DEEPEST) {
      throw Refusal.limit(place, "more values, or deeper ones, than an architecture has");
    }
    String tag = node.getTag().getValue();
    if (node instanceof MappingNode map && node.getTag().equals(Tag.MAP)) {
      ObjectNode object = JsonNodeFactory.instance.objectNode();
      for (NodeTuple entry : map.getValue()) {
        object.set(
            json(entry.getKeyNode(), depth + 1).asText(), json(entry.getValueNode(), depth + 1));
      }
      return object;
    }
    if (node instanceof SequenceNode list && LISTS.contains(tag)) {
      ArrayNode array = JsonNodeFactory.instance.arrayNode();
      list.getValue().forEach(item -> array.add(json(item, depth + 1)));
      return array;
    }
    if (node instanceof ScalarNode scalar) {
      return scalar(tag, scalar.getValue());
    }
    throw foreign(tag);
  }

  private JsonNode scalar(String tag, String value) {
    JsonNodeFactory json = JsonNodeFactory.instance;
    try {
      if (tag.equals(Tag.NULL.getValue())) {
        return json.nullNode();
      } else if (tag.equals(Tag.BOOL.getValue())) {
        return json.booleanNode(
            Set.of("true", "yes", "on").contains(value.toLowerCase(Locale.ROOT)));
      } else if (tag.equals(Tag.INT.getValue()) || tag.equals(PYTHON + "long")) {
        return json.numberNode(Long.parseLong(value.replace("_", "")));
      } else if (tag.equals(Tag.FLOAT.getValue())) {
        return json.numberNode(Double.parseDouble(value.replace("_", "")));
      }
    } catch (NumberFormatException e) {
      return json.textNode(value);
    }
    if (tag.equals(Tag.STR.getValue()) || TEXTS.contains(tag)) {
      return json.textNode(value);
    }
    throw foreign(tag);
  }

  private Refusal foreign(String tag) {
    return new Refusal(
        Kind.EXECUTES_CODE,
        place,
        "an object of Python (" + Reason.abbreviated(tag) + "), which is never made",
        "write the architecture with model.to_json()");
  }
}
