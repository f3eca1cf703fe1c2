package dev.secateur.keras.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.keras.file.SavedModelFiles;
import dev.secateur.keras.refusal.Kind;
import dev.secateur.keras.refusal.Refusal;
import dev.secateur.keras.spec.Json;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/**
 * What Keras says of a model in a SavedModel, as JSON. TensorFlow 2.5 to 2.15 keep it in {@code
 * keras_metadata.pb} ({@code saved_metadata.proto} of Keras: nodes 1, each node id 2, path 3,
 * identifier 4, metadata 5); 2.0 to 2.4 in {@code saved_model.pb} ({@code meta_graphs} 2 → {@code
 * object_graph_def} 7 → {@code nodes} 1 → {@code user_object} 4 → identifier 1, metadata 3).
 */
public final class SavedMetadata {
  private static final int DEEPEST = 100;
  private static final Set<String> LISTS = Set.of("__tuple__", "TensorShape");

  private SavedMetadata() {}

  /**
   * Of the model itself; tuples and shapes are plain lists.
   *
   * @throws Refusal if there is none
   */
  public static ObjectNode of(SavedModelFiles files) throws IOException {
    String metadata = root(files);
    if (metadata.isEmpty()) {
      throw new Refusal(
          Kind.FOREIGN_FORMAT,
          "",
          "the SavedModel has no metadata of Keras: it is a traced graph, not layers"
              + " (model.export of Keras 3, tf.saved_model.save and TensorFlow 1 write such)",
          "save the Keras model that it was made from, in Python: model.save(\"model.keras\")");
    }
    return (ObjectNode) plain(Json.object(metadata, "the metadata of Keras"), 0);
  }

  private static String root(SavedModelFiles files) throws IOException {
    var metadata = files.metadata();
    if (metadata.isPresent()) {
      List<Message> nodes = new Message("keras_metadata.pb", metadata.get()).messages(1);
      return nodes.stream()
          .filter(n -> n.text(3).equals("root") || (n.text(3).isEmpty() && n.number(2) == 0))
          .map(n -> n.text(5))
          .findFirst()
          .orElse("");
    }
    List<Message> graphs = new Message("saved_model.pb", files.model()).messages(2);
    if (graphs.isEmpty()) {
      throw Refusal.corrupt("saved_model.pb", "no graph in it");
    }
    List<Message> objects = graphs.get(0).message(7).messages(1);
    if (objects.isEmpty()) {
      return "";
    }
    Message root = objects.get(0).message(4);
    return root.text(1).startsWith("_tf_keras") ? root.text(3) : "";
  }

  /** {@code {"class_name": "__tuple__", "items": […]}} as the list it stands for. */
  private static JsonNode plain(JsonNode node, int depth) {
    if (depth > DEEPEST) {
      throw Refusal.limit("the metadata of Keras", "nested too deep");
    }
    if (LISTS.contains(node.path("class_name").asText()) && node.path("items").isArray()) {
      return plain(node.get("items"), depth);
    }
    if (node.isArray()) {
      ArrayNode list = JsonNodeFactory.instance.arrayNode();
      node.forEach(n -> list.add(plain(n, depth + 1)));
      return list;
    }
    if (node.isObject()) {
      ObjectNode object = JsonNodeFactory.instance.objectNode();
      node.properties().forEach(f -> object.set(f.getKey(), plain(f.getValue(), depth + 1)));
      return object;
    }
    return node;
  }
}
