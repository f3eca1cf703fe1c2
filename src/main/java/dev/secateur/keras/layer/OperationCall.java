package dev.secateur.keras.layer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.graph.Shape;
import dev.secateur.keras.refusal.Refusal;
import dev.secateur.keras.spec.LayerSpec.Argument;
import dev.secateur.keras.spec.LayerSpec.Call;
import dev.secateur.keras.spec.LayerSpec.Constant;
import dev.secateur.keras.spec.LayerSpec.Items;
import dev.secateur.keras.spec.LayerSpec.Ref;
import dev.secateur.keras.spec.Numbers;
import dev.secateur.keras.spec.Options;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A call of an operation: arguments by position or by name, and options, wherever the versions put
 * them (the call, the layer's configuration, or TensorFlow's node definition).
 *
 * @param values the graph's values for the references among the arguments
 */
public record OperationCall(LayerContext layer, Call call, Map<Ref, String> values) {

  /** An argument: a value of the graph, a list of values, or a constant. */
  record Operand(Optional<String> value, List<String> list, Optional<JsonNode> constant) {}

  public static OperationCall of(LayerContext layer, Call call, Map<Ref, String> values) {
    boolean nodeDefinition = layer.options().has("node_def");
    return new OperationCall(layer, nodeDefinition ? withConstants(layer, call) : call, values);
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

  Optional<Operand> operand(int position, String... names) {
    for (String name : names) {
      if (call.named().containsKey(name)) {
        return Optional.of(operand(call.named().get(name)));
      }
    }
    return position >= 0 && position < call.arguments().size()
        ? Optional.of(operand(call.arguments().get(position)))
        : Optional.empty();
  }

  private Operand operand(Argument argument) {
    if (argument instanceof Ref ref) {
      return new Operand(Optional.of(values.get(ref)), List.of(), Optional.empty());
    }
    if (argument instanceof Items items) {
      List<String> list = new ArrayList<>();
      for (Argument item : items.items()) {
        if (!(item instanceof Ref ref)) {
          throw Refusal.option(layer.path(), "constants in a list of tensors");
        }
        list.add(values.get(ref));
      }
      return new Operand(Optional.empty(), list, Optional.empty());
    }
    JsonNode constant = Numbers.unwrapped(((Constant) argument).value());
    return new Operand(Optional.empty(), List.of(), Optional.of(constant));
  }

  /** The tensor that the operation works on. */
  String x() {
    return operand(
            0, "x", "input", "inputs", "input_tensor", "features", "images", "tensor", "value")
        .flatMap(Operand::value)
        .orElseThrow(() -> Refusal.option(layer.path(), "an argument that is no tensor"));
  }

  Shape shape() {
    return layer.graph().shape(x());
  }

  /** An option from the call's names, the configuration, the node definition, or a position. */
  Optional<JsonNode> option(int position, String... names) {
    for (String name : names) {
      Optional<JsonNode> found =
          Optional.ofNullable(call.named().get(name))
              .filter(a -> a instanceof Constant)
              .map(a -> ((Constant) a).value())
              .or(() -> layer.options().optional(name))
              .or(() -> attribute(name));
      if (found.isPresent()) {
        return found.map(Numbers::unwrapped);
      }
    }
    return operand(position).flatMap(Operand::constant).filter(c -> !c.isNull());
  }

  private Optional<JsonNode> attribute(String name) {
    JsonNode value = Operations.nodeDefinition(layer.options().config()).path("attr").path(name);
    if (value.isMissingNode()) {
      return Optional.empty();
    }
    for (String kind : List.of("b", "i", "f", "s")) {
      if (value.has(kind)) {
        JsonNode v = value.get(kind);
        // Protobuf writes 64-bit integers as text.
        boolean integer = kind.equals("i") && v.isTextual();
        return Optional.of(
            integer ? JsonNodeFactory.instance.numberNode(Long.parseLong(v.asText())) : v);
      }
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
    return Optional.of(new Options(layer.path(), holder).integers(names[0]));
  }

  Optional<Integer> integer(int position, String... names) {
    return integers(position, names).map(l -> l.get(0));
  }

  boolean flag(boolean fallback, int position, String... names) {
    return option(position, names).map(n -> n.asBoolean(fallback)).orElse(fallback);
  }

  Optional<Float> number(int position, String... names) {
    return option(position, names)
        .map(
            n -> {
              float[] v = Numbers.flat(layer.path(), n);
              if (v.length != 1) {
                throw Refusal.option(layer.path(), names[0] + " with several numbers");
              }
              return v[0];
            });
  }

  Refusal unsupported(String what) {
    return Refusal.option(layer.path(), what);
  }
}
