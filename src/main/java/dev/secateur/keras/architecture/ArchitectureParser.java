package dev.secateur.keras.architecture;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.keras.layer.Dialect;
import dev.secateur.keras.layer.Refusals;
import dev.secateur.keras.refusal.Kind;
import dev.secateur.keras.refusal.Reasons;
import dev.secateur.keras.refusal.Refusal;
import dev.secateur.keras.spec.LayerSpec;
import dev.secateur.keras.spec.LayerSpec.Argument;
import dev.secateur.keras.spec.LayerSpec.Call;
import dev.secateur.keras.spec.LayerSpec.Constant;
import dev.secateur.keras.spec.LayerSpec.Items;
import dev.secateur.keras.spec.LayerSpec.Ref;
import dev.secateur.keras.spec.ModelSpec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * From a model's configuration, of any Keras, to {@link ModelSpec}. Sequential comes as a bare list
 * (Keras up to 2.2.0) or as an object, with an InputLayer, a {@code batch_input_shape} in its first
 * layer, or no shape. Functional calls come as lists of {@code [layer, node, tensor, kwargs]}
 * (Keras 1 and 2) or as serialized arguments (Keras 3).
 */
public final class ArchitectureParser {
  private static final Set<String> MODELS = Set.of("Sequential", "Functional", "Model");
  private static final int DEEPEST = 64;
  private static final int MOST_LAYERS = 20_000;

  private final Dialect dialect;
  private final Reasons reasons;
  private final Map<String, Replacement> replacements;
  private final Set<String> unused;
  private int layers;

  /**
   * @param replacements of Lambda layers, by name or path
   */
  public ArchitectureParser(
      Dialect dialect, Map<String, Replacement> replacements, Reasons reasons) {
    this.dialect = dialect;
    this.replacements = replacements;
    this.unused = new TreeSet<>(replacements.keySet());
    this.reasons = reasons;
  }

  /** The model; what cannot be read in it is in the reasons. */
  public ModelSpec parse(JsonNode root) {
    String type = dialect.typeName(root);
    if (!isModel(root)) {
      reasons.add(Refusals.customModel(type));
      return new ModelSpec(type, false, List.of(), List.of(), List.of(), List.of(), List.of());
    }
    ModelSpec model = model(root, "", 0);
    for (String name : unused) {
      reasons.add(
          Kind.INVALID_CONFIG,
          name,
          "a replacement is declared, but no Lambda layer has this name",
          "name one of the model's Lambda layers, or leave it out");
    }
    return model;
  }

  private boolean isModel(JsonNode node) {
    JsonNode config = node.path("config");
    return MODELS.contains(dialect.typeName(node))
        && (config.isArray() || config.path("layers").isArray());
  }

  private ModelSpec model(JsonNode node, String path, int depth) {
    if (depth > DEEPEST) {
      throw Refusal.limit(path, "models nested more than " + DEEPEST + " deep");
    }
    JsonNode config = node.path("config");
    boolean sequential = dialect.typeName(node).equals("Sequential");
    JsonNode list = config.isArray() ? config : config.path("layers");
    layers += list.size();
    if (layers > MOST_LAYERS) {
      throw Refusal.limit(path, "more than " + MOST_LAYERS + " layers");
    }
    String name = config.path("name").asText(node.path("name").asText("model"));
    return sequential
        ? sequential(name, list, config, path, depth)
        : functional(name, list, config, path, depth);
  }

  private ModelSpec sequential(
      String name, JsonNode list, JsonNode config, String path, int depth) {
    List<LayerSpec> chain = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (JsonNode item : list) {
      LayerSpec layer = layer(item, path, depth, names);
      if (chain.isEmpty() && !layer.isInput()) {
        chain.add(inputOf(layer, item, config));
      } else if (layer.isInput() && !chain.isEmpty()) {
        continue; // an input in mid-chain only states the shape again
      }
      Optional<LayerSpec> before = Optional.ofNullable(last(chain));
      chain.add(
          before
              .map(b -> layer.withCalls(List.of(Call.of(new Ref(b.name(), 0, 0)))))
              .orElse(layer));
    }
    if (chain.size() < 2) {
      throw Refusal.config(LayerSpec.place(path, name), "a Sequential without layers");
    }
    Ref in = new Ref(chain.get(0).name(), 0, 0);
    Ref out = new Ref(last(chain).name(), 0, 0);
    return new ModelSpec(name, true, chain, List.of(in), List.of(out), List.of(), List.of());
  }

  private static LayerSpec last(List<LayerSpec> chain) {
    return chain.isEmpty() ? null : chain.get(chain.size() - 1);
  }

  /** The input that a Sequential has without saying so. */
  private static LayerSpec inputOf(LayerSpec first, JsonNode item, JsonNode sequential) {
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    String name = first.name() + "_input";
    config.put("name", name);
    statedShape(item)
        .or(() -> Optional.of(sequential.path("build_input_shape")).filter(JsonNode::isArray))
        .or(() -> first.model().flatMap(ArchitectureParser::inputShape))
        .ifPresent(shape -> config.set("batch_input_shape", shape));
    return new LayerSpec(name, "InputLayer", config, List.of(), Optional.empty());
  }

  private static Optional<JsonNode> statedShape(JsonNode item) {
    JsonNode config = item.path("config");
    for (String key : List.of("batch_input_shape", "batch_shape")) {
      if (config.path(key).isArray()) {
        return Optional.of(config.get(key));
      }
    }
    return Optional.of(item.path("build_config").path("input_shape")).filter(JsonNode::isArray);
  }

  private static Optional<JsonNode> inputShape(ModelSpec model) {
    if (model.inputs().size() != 1) {
      return Optional.empty();
    }
    return model.layers().stream()
        .filter(l -> l.name().equals(model.inputs().get(0).layer()))
        .map(l -> l.config().path("batch_input_shape"))
        .filter(JsonNode::isArray)
        .findFirst();
  }

  private ModelSpec functional(
      String name, JsonNode list, JsonNode config, String path, int depth) {
    List<LayerSpec> all = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (JsonNode item : list) {
      LayerSpec layer = layer(item, path, depth, names);
      all.add(layer.withCalls(calls(layer, item.path("inbound_nodes"))));
    }
    Map<String, Ref> outputs = new LinkedHashMap<>();
    references(config.path("output_layers"), "", outputs);
    Map<String, Ref> inputs = new LinkedHashMap<>();
    references(config.path("input_layers"), "", inputs);
    if (outputs.isEmpty() || inputs.isEmpty()) {
      throw Refusal.config(LayerSpec.place(path, name), "a model without inputs or outputs");
    }
    ModelSpec model =
        new ModelSpec(
            name,
            false,
            all,
            List.copyOf(inputs.values()),
            List.copyOf(outputs.values()),
            keys(config.path("input_layers"), inputs),
            keys(config.path("output_layers"), outputs));
    return CallIndices.normalized(model, path, dialect.major() >= 3);
  }

  private static List<String> keys(JsonNode node, Map<String, Ref> references) {
    return node.isObject() ? List.copyOf(references.keySet()) : List.of();
  }

  /**
   * Collects {@code [layer, node, tensor]}, alone, in lists or in dicts, of which Keras takes the
   * values in the order of the sorted keys.
   */
  private static void references(JsonNode node, String key, Map<String, Ref> into) {
    if (isReference(node)) {
      into.put(into.containsKey(key) || key.isEmpty() ? key + "#" + into.size() : key, ref(node));
    } else if (node.isArray()) {
      node.forEach(n -> references(n, key, into));
    } else if (node.isObject()) {
      sorted(node).forEach((k, v) -> references(v, k, into));
    }
  }

  private static SortedMap<String, JsonNode> sorted(JsonNode dict) {
    SortedMap<String, JsonNode> sorted = new TreeMap<>();
    dict.fields().forEachRemaining(e -> sorted.put(e.getKey(), e.getValue()));
    return sorted;
  }

  private static boolean isReference(JsonNode node) {
    return node.isArray()
        && node.size() >= 3
        && node.get(0).isTextual()
        && node.get(1).isInt()
        && node.get(2).isInt()
        && node.get(1).asInt() >= 0;
  }

  private static Ref ref(JsonNode node) {
    return new Ref(node.get(0).asText(), node.get(1).asInt(), node.get(2).asInt());
  }

  private LayerSpec layer(JsonNode item, String path, int depth, Set<String> names) {
    String type = dialect.typeName(item);
    JsonNode raw = item.path("config");
    String name = item.path("name").asText(raw.path("name").asText(""));
    if (name.isEmpty() && raw.isArray()) {
      name = "sequential_" + (names.size() + 1); // Keras up to 2.2.0 does not name it
    }
    if (name.isEmpty()) {
      throw Refusal.config(path, "a layer of class " + type + " without a name");
    }
    if (!names.add(name)) {
      throw Refusal.config(LayerSpec.place(path, name), "two layers of this name");
    }
    String place = LayerSpec.place(path, name);
    if (isModel(item)) {
      ModelSpec inner = model(item, place, depth + 1);
      ObjectNode config = JsonNodeFactory.instance.objectNode();
      if (raw.has("trainable")) {
        config.set("trainable", raw.get("trainable"));
      }
      String kind = inner.sequential() ? "Sequential" : "Functional";
      return new LayerSpec(name, kind, config, List.of(), Optional.of(inner));
    }
    if (!raw.isObject()) {
      throw Refusal.config(place, "a layer of class " + type + " without a configuration");
    }
    return dialect.layer(name, place, replaced(type, name, place, item), reasons);
  }

  /** A Lambda as it was declared. */
  private JsonNode replaced(String type, String name, String place, JsonNode item) {
    String key = replacements.containsKey(place) ? place : name;
    if (!type.equals("Lambda") || !replacements.containsKey(key)) {
      return item;
    }
    unused.remove(key);
    return replacements.get(key).instead(item);
  }

  private static List<Call> calls(LayerSpec layer, JsonNode nodes) {
    List<Call> calls = new ArrayList<>();
    for (JsonNode node : nodes) {
      if (node.isObject() && (node.has("args") || node.has("kwargs"))) {
        calls.add(keras3Call(layer, node));
      } else if (node.isObject()) { // a dict of [layer, node, tensor, kwargs]
        SortedMap<String, JsonNode> dict = sorted(node);
        List<JsonNode> entries = List.copyOf(dict.values());
        Map<String, Argument> arguments = new LinkedHashMap<>();
        dict.forEach((k, v) -> arguments.put(k, keras2Argument(v)));
        Map<String, Argument> named = new LinkedHashMap<>();
        entries.forEach(e -> named.putAll(named(e.path(3), ArchitectureParser::keras2Argument)));
        calls.add(new Call(List.of(ordered(layer, arguments)), named));
      } else if (node.isArray() && !node.isEmpty()) {
        calls.add(keras2Call(layer, (ArrayNode) node));
      }
    }
    return calls;
  }

  /** The tensors of a dict, as the model that is called with it takes them. */
  private static Items ordered(LayerSpec layer, Map<String, Argument> dict) {
    ModelSpec model =
        layer
            .model()
            .orElseThrow(
                () ->
                    Refusal.option(layer.name(), "a layer that is called with a dict of tensors"));
    List<Argument> items = new ArrayList<>();
    for (int i = 0; i < model.inputs().size(); i++) {
      Argument argument = dict.get(model.inputName(i));
      if (argument == null || dict.size() != model.inputs().size()) {
        throw Refusal.config(
            layer.name(), "called with a dict of " + dict.keySet() + ", which are not its inputs");
      }
      items.add(argument);
    }
    return new Items(items);
  }

  private static Call keras3Call(LayerSpec layer, JsonNode node) {
    List<Argument> arguments = new ArrayList<>();
    for (JsonNode argument : node.path("args")) {
      if (argument.isObject() && isDictOfTensors(argument)) {
        Map<String, Argument> dict = new LinkedHashMap<>();
        argument.fields().forEachRemaining(e -> dict.put(e.getKey(), keras3Argument(e.getValue())));
        arguments.add(ordered(layer, dict));
      } else {
        arguments.add(keras3Argument(argument));
      }
    }
    return new Call(arguments, named(node.path("kwargs"), ArchitectureParser::keras3Argument));
  }

  private static boolean isDictOfTensors(JsonNode node) {
    return !node.has("class_name") && node.findValue("keras_history") != null;
  }

  private static Argument keras3Argument(JsonNode node) {
    if (node.path("class_name").asText().equals("__keras_tensor__")) {
      JsonNode history = node.path("config").path("keras_history");
      if (!isReference(history)) {
        throw Refusal.config("", "a tensor without its history");
      }
      return ref(history);
    }
    if (node.isArray() && node.findValue("keras_history") != null) {
      List<Argument> items = new ArrayList<>();
      node.forEach(n -> items.add(keras3Argument(n)));
      return new Items(items);
    }
    return new Constant(node);
  }

  /**
   * {@code [[layer, node, tensor, kwargs], …]}, one for each tensor of the first argument, or, of
   * some versions, one such without the outer list. A first argument that is no tensor is {@code
   * ["_CONSTANT_VALUE", -1, value, kwargs]}.
   */
  private static Call keras2Call(LayerSpec layer, ArrayNode node) {
    JsonNode list = node.get(0).isTextual() ? JsonNodeFactory.instance.arrayNode().add(node) : node;
    List<Argument> first = new ArrayList<>();
    Map<String, Argument> named = Map.of();
    for (JsonNode entry : list) {
      if (isReference(entry)) {
        first.add(ref(entry));
      } else if (entry.path(0).asText().equals("_CONSTANT_VALUE")) {
        first.add(new Constant(entry.path(2)));
      } else {
        throw Refusal.config(layer.name(), "an inbound node that is no reference");
      }
      if (entry.path(3).isObject()) {
        named = named(entry.get(3), ArchitectureParser::keras2Argument);
      }
    }
    // A layer takes one tensor or a list alike; an operation that joins takes a list of one as
    // such.
    boolean listed = layer.isOperation() && !node.get(0).isTextual();
    return new Call(listed || first.size() > 1 ? List.of(new Items(first)) : first, named);
  }

  private static Argument keras2Argument(JsonNode node) {
    if (isReference(node)) {
      return ref(node);
    }
    if (node.isArray() && contains(node)) {
      List<Argument> items = new ArrayList<>();
      node.forEach(n -> items.add(keras2Argument(n)));
      return new Items(items);
    }
    return new Constant(node);
  }

  /** Null, or a structure of nulls, as the masks of several tensors without a mask. */
  private static boolean isNothing(JsonNode node) {
    if (!node.isContainerNode() || node.isEmpty()) {
      return node.isNull();
    }
    for (JsonNode item : node) {
      if (!isNothing(item)) {
        return false;
      }
    }
    return true;
  }

  /** Whether a reference is among the items, or in lists among them. */
  private static boolean contains(JsonNode items) {
    for (JsonNode item : items) {
      if (isReference(item) || (item.isArray() && contains(item))) {
        return true;
      }
    }
    return false;
  }

  private static Map<String, Argument> named(
      JsonNode kwargs, java.util.function.Function<JsonNode, Argument> read) {
    Map<String, Argument> named = new LinkedHashMap<>();
    kwargs
        .fields()
        .forEachRemaining(
            e -> {
              boolean noMask = e.getKey().equals("mask") && isNothing(e.getValue());
              if (!noMask && !e.getValue().isNull()) {
                named.put(e.getKey(), read.apply(e.getValue()));
              }
            });
    return named;
  }
}
