package dev.secateur.keras.write;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.keras.spec.LayerSpec;
import dev.secateur.keras.spec.LayerSpec.Argument;
import dev.secateur.keras.spec.LayerSpec.Call;
import dev.secateur.keras.spec.LayerSpec.Constant;
import dev.secateur.keras.spec.LayerSpec.Items;
import dev.secateur.keras.spec.LayerSpec.Ref;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Writes an operation that no layer stands for as it was read: only the version of Keras that wrote
 * it loads it again. Keras 2 wraps a function of TensorFlow and has its arguments beside the
 * reference to the first tensor; Keras 3 serializes all arguments alike.
 */
final class OperationWriting {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  /** Keras 3 imports all operations here, whichever module each version keeps them in. */
  private static final String MODULE = "keras.src.ops";

  /** But for those on images. */
  private static final Set<String> OF_IMAGES =
      Set.of("CropImages", "PadImages", "RGBToGrayscale", "Resize");

  private final LayerSpec layer;
  private final UnaryOperator<Ref> references;

  private OperationWriting(LayerSpec layer, UnaryOperator<Ref> references) {
    this.layer = layer;
    this.references = references;
  }

  /**
   * @param references where a reference to a layer of the file leads in the written model
   */
  static WrittenLayer of(LayerSpec layer, UnaryOperator<Ref> references) {
    OperationWriting writing = new OperationWriting(layer, references);
    List<List<Ref>> calls =
        layer.calls().stream().map(c -> c.refs().stream().map(references).toList()).toList();
    ObjectNode item = writing.item();
    String type = item.path("class_name").asText();
    return new WrittenLayer(
        layer.name(), type, layer.config(), calls, List.of(), Optional.empty(), Optional.of(item));
  }

  private ObjectNode item() {
    boolean keras2 = layer.config().has("function") || layer.config().has("node_def");
    ObjectNode item = JSON.objectNode();
    if (keras2) {
      item.put("class_name", keras2Type());
    } else {
      String type = layer.type().substring(LayerSpec.OPERATION.length());
      item.put("module", OF_IMAGES.contains(type) ? MODULE + ".image" : MODULE);
      item.put("class_name", type).put("registered_name", type);
    }
    item.set("config", layer.config());
    item.put("name", layer.name());
    ArrayNode nodes = item.putArray("inbound_nodes");
    layer.calls().forEach(c -> nodes.add(keras2 ? keras2Call(c) : keras3Call(c)));
    return item;
  }

  private String keras2Type() {
    if (layer.config().has("node_def")) {
      return "TensorFlowOpLayer";
    }
    boolean slicing = layer.config().path("function").asText().equals("__operators__.getitem");
    return slicing ? "SlicingOpLambda" : "TFOpLambda";
  }

  private JsonNode keras2Call(Call call) {
    ObjectNode named = JSON.objectNode();
    call.named().forEach((key, value) -> named.set(key, keras2(value)));
    Argument first = call.arguments().get(0);
    List<Argument> all =
        call.arguments().size() > 1
            ? call.arguments() // a TensorFlowOpLayer is called with a list
            : first instanceof Items items ? items.items() : List.of(first);
    ArrayNode entries = JSON.arrayNode();
    for (Argument argument : all) {
      ArrayNode entry = entries.addArray();
      if (argument instanceof Ref ref) {
        entry.addAll(keras2(ref));
      } else {
        entry.add("_CONSTANT_VALUE").add(-1).add(keras2(argument));
      }
      entry.add(named);
    }
    boolean listed = first instanceof Items || layer.config().has("node_def");
    return listed ? entries : entries.get(0);
  }

  private JsonNode keras2(Argument argument) {
    if (argument instanceof Ref ref) {
      return keras2(ref);
    }
    if (argument instanceof Items items) {
      ArrayNode list = JSON.arrayNode();
      items.items().forEach(i -> list.add(keras2(i)));
      return list;
    }
    return ((Constant) argument).value();
  }

  private ArrayNode keras2(Ref ref) {
    Ref there = references.apply(ref);
    return JSON.arrayNode().add(there.layer()).add(there.call()).add(there.tensor());
  }

  private JsonNode keras3Call(Call call) {
    ObjectNode node = JSON.objectNode();
    ArrayNode arguments = node.putArray("args");
    call.arguments().forEach(a -> arguments.add(keras3(a)));
    ObjectNode named = node.putObject("kwargs");
    call.named().forEach((key, value) -> named.set(key, keras3(value)));
    return node;
  }

  /** Of a tensor only the layer that made it matters: Keras takes shape and type from there. */
  private JsonNode keras3(Argument argument) {
    if (argument instanceof Ref ref) {
      ObjectNode tensor = JSON.objectNode().put("class_name", "__keras_tensor__");
      ObjectNode config = tensor.putObject("config");
      config.putArray("shape");
      config.put("dtype", "float32");
      config.set("keras_history", keras2(ref));
      return tensor;
    }
    if (argument instanceof Items items) {
      ArrayNode list = JSON.arrayNode();
      items.items().forEach(i -> list.add(keras3(i)));
      return list;
    }
    return ((Constant) argument).value();
  }
}
