package dev.secateur.keras.layer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.graph.Op;
import dev.secateur.graph.Op.BinaryKind;
import dev.secateur.graph.Op.UnaryKind;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.Weight;
import dev.secateur.keras.refusal.Reason;
import dev.secateur.keras.refusal.Refusal;
import dev.secateur.keras.spec.LayerSpec.Argument;
import dev.secateur.keras.spec.LayerSpec.Call;
import dev.secateur.keras.spec.LayerSpec.Constant;
import dev.secateur.keras.spec.LayerSpec.Items;
import dev.secateur.keras.spec.LayerSpec.Ref;
import dev.secateur.keras.spec.Numbers;
import dev.secateur.keras.spec.Options;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A call of an operation: arguments by position or by name, and options, wherever the versions put
 * them (the call, the layer's configuration, or TensorFlow's node definition). It remembers what it
 * was asked for: an argument that nobody asked for and that is not its default is refused.
 */
public final class OperationCall {
  /** Of the layer that wraps an operation, not of the operation. */
  private static final Set<String> WRAPPING =
      Set.of("name", "trainable", "function", "node_def", "constants", "batch_input_shape");

  /** Arguments that change no number. */
  private static final Set<String> HARMLESS =
      Set.of("name", "validate_indices", "out_type", "output_type", "_output_shapes");

  private static final Set<String> CHANNELS_LAST =
      Set.of("channels_last", "nhwc", "nwc", "nlc", "default");

  private final LayerContext layer;
  private final String name;
  private final Call call;
  private final Map<Ref, String> values;
  private final Set<String> asked = new HashSet<>();
  private final Set<Integer> askedPositions = new HashSet<>();

  /** An argument: a value of the graph, a list of arguments, or a constant. */
  record Operand(Optional<String> value, List<Operand> list, Optional<JsonNode> constant) {}

  private OperationCall(LayerContext layer, String name, Call call, Map<Ref, String> values) {
    this.layer = layer;
    this.name = name;
    this.call = call;
    this.values = Map.copyOf(values);
  }

  /**
   * @param name of the operation, with its package
   * @param values the graph's values for the references among the arguments
   */
  public static OperationCall of(
      LayerContext layer, String name, Call call, Map<Ref, String> values) {
    boolean nodeDefinition = layer.options().has("node_def");
    Call whole = nodeDefinition ? withConstants(layer, call) : call;
    return new OperationCall(layer, name, whole, values);
  }

  /** A TensorFlowOpLayer keeps its constants, by position, in the configuration. */
  private static Call withConstants(LayerContext layer, Call call) {
    List<Ref> refs = call.refs();
    JsonNode constants = layer.options().get("constants");
    List<Argument> arguments = new ArrayList<>();
    int next = 0;
    for (int i = 0; i < refs.size() + constants.size(); i++) {
      JsonNode constant = constants.path(Integer.toString(i));
      if (!constant.isMissingNode()) {
        arguments.add(new Constant(constant));
      } else if (next < refs.size()) {
        arguments.add(refs.get(next++));
      }
    }
    return new Call(arguments, Map.of());
  }

  LayerContext layer() {
    return layer;
  }

  String name() {
    return name;
  }

  /** By its own form, since one of Keras 3 may stand in a file that is otherwise in Keras 2's. */
  boolean keras3() {
    return !layer.options().has("function") && !layer.options().has("node_def");
  }

  /** Whether it is TensorFlow 1's of two functions of the same name. */
  boolean legacy() {
    return name.startsWith("compat.v1.") || layer.options().has("node_def");
  }

  /** All values of the graph that it is called with. */
  List<String> references() {
    return call.refs().stream().map(values::get).toList();
  }

  Optional<Operand> operand(int position, String... names) {
    asked.addAll(List.of(names));
    for (String option : names) {
      if (call.named().containsKey(option)) {
        return Optional.of(operand(call.named().get(option)));
      }
    }
    if (position < 0 || position >= call.arguments().size()) {
      return Optional.empty();
    }
    askedPositions.add(position);
    return Optional.of(operand(call.arguments().get(position)));
  }

  private Operand operand(Argument argument) {
    if (argument instanceof Ref ref) {
      return new Operand(Optional.of(values.get(ref)), List.of(), Optional.empty());
    }
    if (argument instanceof Items items) {
      List<Operand> list = items.items().stream().map(this::operand).toList();
      return new Operand(Optional.empty(), list, Optional.empty());
    }
    JsonNode constant = Numbers.unwrapped(((Constant) argument).value());
    return new Operand(Optional.empty(), List.of(), Optional.of(constant));
  }

  /** A tensor among the arguments: a value of the graph, or a constant made one. */
  Optional<String> tensor(int position, String... names) {
    return operand(position, names).filter(o -> !isNull(o)).map(this::tensor);
  }

  private static boolean isNull(Operand operand) {
    return operand.constant().map(JsonNode::isNull).orElse(false);
  }

  String tensor(Operand operand) {
    if (operand.value().isPresent()) {
      return whole(operand.value().get());
    }
    JsonNode constant =
        operand.constant().orElseThrow(() -> unsupported("a list of tensors as operand"));
    return layer.constant("constant", tensor(constant));
  }

  /** The values of a list of tensors, which some versions spread over the positions. */
  List<String> tensors(String... names) {
    Optional<Operand> first = operand(0, names);
    if (first.isPresent() && first.get().value().isEmpty() && !first.get().list().isEmpty()) {
      return first.get().list().stream().map(this::tensor).toList();
    }
    List<String> all = new ArrayList<>();
    for (int i = 0; operand(i).flatMap(Operand::value).isPresent(); i++) {
      all.add(tensor(operand(i).orElseThrow()));
    }
    if (all.isEmpty()) {
      throw unsupported("no tensors");
    }
    return all;
  }

  Tensor tensor(JsonNode node) {
    List<Integer> dims = new ArrayList<>();
    for (JsonNode at = node; at.isArray() && dims.size() < 8; at = at.path(0)) {
      dims.add(at.size());
    }
    float[] numbers =
        node.isBoolean() ? new float[] {node.asBoolean() ? 1 : 0} : Numbers.flat(path(), node);
    if (new Shape(dims).size() != numbers.length) {
      throw unsupported("a constant whose rows have unequal lengths");
    }
    return new Tensor(new Shape(dims), numbers);
  }

  /** Numbers that are known before the network runs, such as its shapes; NaN is the batch size. */
  Optional<Tensor> known(String value) {
    return layer.graph().weightOf(value).map(Weight::value);
  }

  private String whole(String value) {
    if (known(value).isPresent()) {
      for (float number : known(value).get().values()) {
        if (Float.isNaN(number)) {
          throw unsupported("the size of the batch as a number");
        }
      }
    }
    return value;
  }

  /** The tensor that the operation works on. */
  String x() {
    return operand(
            0,
            "x",
            "a",
            "input",
            "inputs",
            "input_tensor",
            "features",
            "images",
            "image",
            "tensor",
            "value",
            "input_",
            "params",
            "logits")
        .flatMap(Operand::value)
        .map(this::whole)
        .orElseThrow(() -> unsupported("an argument that is no tensor"));
  }

  Shape shape() {
    return shape(x());
  }

  Shape shape(String value) {
    return layer.graph().shape(value);
  }

  /** An option from the call's names, the configuration, the node definition, or a position. */
  Optional<JsonNode> option(int position, String... names) {
    asked.addAll(List.of(names));
    for (String option : names) {
      Optional<JsonNode> found =
          Optional.ofNullable(call.named().get(option))
              .map(this::constant)
              .or(() -> layer.options().optional(option))
              .or(() -> attribute(option));
      if (found.isPresent()) {
        return found.map(Numbers::unwrapped).filter(c -> !c.isNull());
      }
    }
    if (position < 0 || position >= call.arguments().size()) {
      return Optional.empty();
    }
    askedPositions.add(position);
    return Optional.of(constant(call.arguments().get(position))).filter(c -> !c.isNull());
  }

  /** An argument without the graph's values: what is known of those becomes numbers. */
  private JsonNode constant(Argument argument) {
    JsonNodeFactory json = JsonNodeFactory.instance;
    if (argument instanceof Constant constant) {
      return Numbers.unwrapped(constant.value());
    }
    if (argument instanceof Items items) {
      var list = json.arrayNode();
      items.items().forEach(i -> list.add(constant(i)));
      return list;
    }
    Tensor value =
        known(values.get((Ref) argument)).orElseThrow(() -> unsupported("a computed argument"));
    if (value.shape().rank() == 0) {
      return number(value.values()[0]);
    }
    var list = json.arrayNode();
    for (float element : value.values()) {
      list.add(number(element));
    }
    return list;
  }

  /** The batch size as −1, which is what the functions that take shapes call it. */
  private static JsonNode number(float value) {
    boolean whole = value == Math.rint(value) && Math.abs(value) < 1 << 24;
    return Float.isNaN(value)
        ? JsonNodeFactory.instance.numberNode(Shape.UNKNOWN)
        : whole
            ? JsonNodeFactory.instance.numberNode((int) value)
            : JsonNodeFactory.instance.numberNode(value);
  }

  private Optional<JsonNode> attribute(String key) {
    JsonNode value = Operations.nodeDefinition(layer.options().config()).path("attr").path(key);
    for (String kind : List.of("b", "i", "f", "s", "type")) {
      if (value.has(kind)) {
        JsonNode v = value.get(kind);
        // Protobuf writes 64-bit integers as text.
        boolean integer = kind.equals("i") && v.isTextual();
        return Optional.of(
            integer ? JsonNodeFactory.instance.numberNode(Long.parseLong(v.asText())) : v);
      }
    }
    JsonNode list = value.path("list").path("i");
    if (list.isArray()) {
      var numbers = JsonNodeFactory.instance.arrayNode();
      list.forEach(n -> numbers.add(Long.parseLong(n.asText())));
      return Optional.of(numbers);
    }
    return Optional.empty();
  }

  Optional<List<Integer>> integers(int position, String... names) {
    Optional<JsonNode> node = option(position, names);
    if (node.isEmpty()) {
      return Optional.empty();
    }
    ObjectNode holder = JsonNodeFactory.instance.objectNode();
    holder.set(names[0], node.get());
    return Optional.of(new Options(path(), holder).integers(names[0]));
  }

  Optional<Integer> integer(int position, String... names) {
    return integers(position, names)
        .map(
            l -> {
              if (l.size() != 1) {
                throw unsupported(names[0] + " " + l);
              }
              return l.get(0);
            });
  }

  boolean flag(boolean fallback, int position, String... names) {
    return option(position, names).map(n -> n.asBoolean(fallback)).orElse(fallback);
  }

  Optional<Float> number(int position, String... names) {
    return option(position, names)
        .map(
            n -> {
              float[] v = Numbers.flat(path(), n);
              if (v.length != 1) {
                throw unsupported(names[0] + " with several numbers");
              }
              return v[0];
            });
  }

  String text(String fallback, int position, String... names) {
    return option(position, names).map(JsonNode::asText).orElse(fallback).toLowerCase(Locale.ROOT);
  }

  /** An axis of the tensor, not the batch's. */
  int axis(int axis) {
    return layer.options().axis(axis, shape().rank(), "axis");
  }

  /** The axes asked for, in order, each once; none where all are meant. */
  Optional<List<Integer>> axes(int position, String... names) {
    return integers(position, names)
        .map(given -> given.stream().map(this::axis).distinct().sorted().toList());
  }

  // What operations are composed with.

  String add(Op op, String... operands) {
    return layer.add(op, operands);
  }

  String unary(UnaryKind kind, String x) {
    return layer.add(new Op.Unary(kind), x);
  }

  String binary(BinaryKind kind, String a, String b) {
    return layer.add(new Op.Binary(kind), a, b);
  }

  String binary(BinaryKind kind, String a, double b) {
    return binary(kind, a, layer.constant("constant", (float) b));
  }

  String binary(BinaryKind kind, double a, String b) {
    return binary(kind, layer.constant("constant", (float) a), b);
  }

  private String path() {
    return layer.path();
  }

  Refusal unsupported(String what) {
    return Refusal.option(path(), what);
  }

  /**
   * Called when the operation is lowered: what it did not ask for must be the default.
   *
   * @throws Refusal naming the argument
   */
  void refuseUnasked() {
    for (int i = 0; i < call.arguments().size(); i++) {
      if (!askedPositions.contains(i) && !isDefault("", call.arguments().get(i))) {
        throw unsupported("the argument at position " + i);
      }
    }
    call.named().forEach((key, value) -> refuseUnasked(key, isDefault(key, value), value));
    layer
        .options()
        .config()
        .fields()
        .forEachRemaining(
            e -> {
              boolean own = !WRAPPING.contains(e.getKey()) && !isPolicy(e.getKey(), e.getValue());
              if (own) {
                refuseUnasked(e.getKey(), isDefault(e.getKey(), e.getValue()), e.getValue());
              }
            });
    Operations.nodeDefinition(layer.options().config())
        .path("attr")
        .fieldNames()
        .forEachRemaining(
            key ->
                attribute(key)
                    .filter(v -> !v.asText().startsWith("DT_"))
                    .ifPresent(v -> refuseUnasked(key, isDefault(key, v), v)));
  }

  private void refuseUnasked(String key, boolean isDefault, Object value) {
    if (!asked.contains(key) && !isDefault) {
      String shown = value instanceof Constant c ? c.value().toString() : value.toString();
      throw unsupported("the argument " + key + "=" + Reason.abbreviated(shown));
    }
  }

  private static boolean isDefault(String key, Argument argument) {
    return argument instanceof Constant constant && isDefault(key, constant.value());
  }

  private static boolean isDefault(String key, JsonNode value) {
    boolean none = value.isNull() || (value.isBoolean() && !value.asBoolean());
    boolean layout =
        key.equals("data_format")
            && CHANNELS_LAST.contains(value.asText().toLowerCase(Locale.ROOT));
    return none || HARMLESS.contains(key) || layout;
  }

  /** The layer's data type, as opposed to an operation's argument of that name. */
  private boolean isPolicy(String key, JsonNode value) {
    return key.equals("dtype")
        && (layer.options().has("trainable") || value.isObject() || isFloat(value.asText()));
  }

  static boolean isFloat(String type) {
    return type.contains("float") || type.equals("DT_FLOAT") || type.equals("DT_HALF");
  }
}
