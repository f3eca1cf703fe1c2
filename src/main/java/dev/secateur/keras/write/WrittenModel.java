package dev.secateur.keras.write;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.keras.layer.WrittenLayers;
import dev.secateur.keras.spec.Json;
import dev.secateur.keras.spec.LayerSpec.Ref;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A model as it is written.
 *
 * @param inputNames keys of a dict of inputs, or empty
 * @param outputNames keys of a dict of outputs, or empty
 */
public record WrittenModel(
    String name,
    boolean sequential,
    List<WrittenLayer> layers,
    List<Ref> inputs,
    List<Ref> outputs,
    List<String> inputNames,
    List<String> outputNames) {

  String type() {
    return sequential ? "Sequential" : "Functional";
  }

  /** Its configuration, in the form of Keras 2, which Keras 3 loads as well. */
  ObjectNode config() {
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    config.put("name", name);
    ArrayNode list = config.putArray("layers");
    for (WrittenLayer layer : layers) {
      if (layer.item().isPresent()) {
        list.add(layer.item().get());
        continue;
      }
      ObjectNode item = list.addObject();
      item.put("class_name", layer.type());
      if (layer.config().path("axis").size() > 1) {
        WrittenLayers.qualify(item);
      }
      item.set("config", layer.model().map(WrittenModel::config).orElse(layer.config()));
      if (!sequential) {
        item.put("name", layer.name());
        ArrayNode nodes = item.putArray("inbound_nodes");
        for (List<Ref> call : layer.calls()) {
          ArrayNode node = references(call);
          node.forEach(n -> ((ArrayNode) n).addObject()); // no keyword arguments
          nodes.add(node);
        }
      }
    }
    if (!sequential) {
      config.set("input_layers", ends(inputs, inputNames));
      config.set("output_layers", ends(outputs, outputNames));
    }
    return config;
  }

  /** A dict where they have names; one alone is a tensor, not a list of one. */
  private static JsonNode ends(List<Ref> refs, List<String> names) {
    ArrayNode all = references(refs);
    if (!names.isEmpty()) {
      ObjectNode dict = JsonNodeFactory.instance.objectNode();
      for (int i = 0; i < all.size(); i++) {
        dict.set(names.get(i), all.get(i));
      }
      return dict;
    }
    return all.size() == 1 ? all.get(0) : all;
  }

  private static ArrayNode references(List<Ref> refs) {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    for (Ref ref : refs) {
      list.addArray().add(ref.layer()).add(ref.call()).add(ref.tensor());
    }
    return list;
  }

  /** All weights, as a model that is a layer of another stores them. */
  List<WrittenLayer.Value> weights() {
    List<WrittenLayer.Value> all = new ArrayList<>();
    layers.forEach(l -> all.addAll(l.model().map(WrittenModel::weights).orElse(l.weights())));
    return all;
  }

  /**
   * The first place, in the order of the layers, where another model differs; none if it is equal.
   */
  public Optional<String> difference(WrittenModel other) {
    // Through text, as numbers of the same text have different types before it.
    if (!Json.object(Json.text(config()), "").equals(Json.object(Json.text(other.config()), ""))) {
      for (int i = 0; i < Math.min(layers.size(), other.layers.size()); i++) {
        if (!Json.text(layers.get(i).config()).equals(Json.text(other.layers.get(i).config()))) {
          return Optional.of(other.layers.get(i).name());
        }
      }
      return Optional.of(name);
    }
    List<WrittenLayer.Value> mine = weights();
    List<WrittenLayer.Value> others = other.weights();
    if (mine.size() != others.size()) {
      return Optional.of(name);
    }
    for (int i = 0; i < mine.size(); i++) {
      WrittenLayer.Value value = others.get(i);
      if (!Arrays.equals(mine.get(i).values(), value.values())
          || !mine.get(i).shape().equals(value.shape())) {
        return Optional.of(value.path() + "/" + value.name());
      }
    }
    return Optional.empty();
  }
}
