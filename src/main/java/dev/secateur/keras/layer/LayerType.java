package dev.secateur.keras.layer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.keras.refusal.Reason;
import dev.secateur.keras.refusal.Refusal;
import dev.secateur.keras.spec.Numbers;
import dev.secateur.keras.spec.Options;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One layer class of Keras: the one place that says what it is called, which arguments it takes,
 * what it computes, and how it is written back.
 *
 * <p>An argument that the lowering reads needs no mention. One that it does not read must have the
 * value under which this is right ({@link #only}), or have no effect on what the layer computes
 * ({@link #harmless}); any other is a refusal.
 *
 * @param name Keras 2's class name
 * @param aliases what other versions call it
 * @param only values of arguments that are not read
 * @param harmless arguments without an effect on the outputs
 * @param axes what it takes the axes of its operands for
 * @param lowering to the graph
 * @param writing to a class that Keras 2 and Keras 3 both load
 */
record LayerType(
    String name,
    Set<String> aliases,
    Map<String, JsonNode> only,
    Set<String> harmless,
    Axes axes,
    Lowering lowering,
    Writing writing) {

  /** Adds a layer's nodes to the graph; returns the value that it outputs. */
  interface Lowering {
    String lower(LayerContext layer);
  }

  /** Says what is written for a layer. */
  interface Writing {
    Written write(Options read, Dialect dialect);
  }

  /** Sets written arguments from those read. */
  interface Completing {
    void complete(Options read, ObjectNode written);
  }

  /**
   * A class that both versions load, and its own arguments.
   *
   * @param config without what every layer has, activations and regularizers
   */
  record Written(String type, ObjectNode config) {
    static Written of(String type) {
      return new Written(type, JsonNodeFactory.instance.objectNode());
    }

    /** A layer that changes nothing. */
    static Written nothing() {
      Written written = of("Activation");
      written.config().put("activation", "linear");
      return written;
    }
  }

  /** Arguments of every layer: names, types and shapes that the graph has by itself. */
  private static final Set<String> OF_EVERY_LAYER =
      Set.of(
          "name",
          "trainable",
          "dtype", // a quantized one is refused when the layer is parsed
          "autocast",
          "seed",
          "batch_input_shape",
          "input_shape",
          "input_dim",
          "input_length",
          "input_dtype",
          "init",
          "weights");

  LayerType {
    aliases = Set.copyOf(aliases);
    only = Map.copyOf(only);
    harmless = Set.copyOf(harmless);
  }

  /** A class without arguments, written under its own name. */
  static LayerType of(String name, Lowering lowering) {
    return new LayerType(
        name,
        Set.of(),
        Map.of(),
        Set.of(),
        Axes.AS_GIVEN,
        lowering,
        copying(name, (r, w) -> {}, List.of()));
  }

  private static Writing copying(String name, Completing completing, List<String> arguments) {
    return (read, dialect) -> {
      Written written = Written.of(name);
      for (String key : arguments) {
        if (read.has(key)) {
          written.config().set(key, Numbers.unwrapped(read.get(key)));
        }
      }
      completing.complete(read, written.config());
      return written;
    };
  }

  LayerType alias(String... others) {
    return new LayerType(name, Set.of(others), only, harmless, axes, lowering, writing);
  }

  /** An argument that is not read, and has no other value than this, or none. */
  LayerType only(String argument, JsonNode value) {
    Map<String, JsonNode> more = new HashMap<>(only);
    more.put(argument, value);
    return new LayerType(name, aliases, more, harmless, axes, lowering, writing);
  }

  LayerType only(String argument, int value) {
    return only(argument, JsonNodeFactory.instance.numberNode(value));
  }

  LayerType only(String argument, String value) {
    return only(argument, JsonNodeFactory.instance.textNode(value));
  }

  LayerType only(String argument, boolean value) {
    return only(argument, JsonNodeFactory.instance.booleanNode(value));
  }

  /** Arguments that are not read, and must be absent or null. */
  LayerType without(String... arguments) {
    LayerType type = this;
    for (String argument : arguments) {
      type = type.only(argument, JsonNodeFactory.instance.nullNode());
    }
    return type;
  }

  LayerType harmless(String... arguments) {
    Set<String> more = new HashSet<>(harmless);
    more.addAll(List.of(arguments));
    return new LayerType(name, aliases, only, more, axes, lowering, writing);
  }

  LayerType axes(Axes other) {
    return new LayerType(name, aliases, only, harmless, other, lowering, writing);
  }

  /** Written with these arguments as they are read. */
  LayerType writes(String... arguments) {
    return writes((read, written) -> {}, arguments);
  }

  LayerType writes(Completing completing, String... arguments) {
    return writing(copying(name, completing, List.of(arguments)));
  }

  /** For a class that only one of the versions has. */
  LayerType writtenAs(String other, Completing completing) {
    return writing(copying(other, completing, List.of()));
  }

  /** Written as a layer that does nothing, which at inference is what it does. */
  LayerType writtenAsNothing() {
    return writing((read, dialect) -> Written.nothing());
  }

  LayerType writing(Writing other) {
    return new LayerType(name, aliases, only, harmless, axes, lowering, other);
  }

  /**
   * @throws Refusal for an argument that was neither read nor may be left unread
   */
  void checkArguments(Options options) {
    for (String key : options.unread()) {
      JsonNode value = options.config().get(key);
      boolean fits =
          value.isNull()
              || OF_EVERY_LAYER.contains(key)
              || (key.equals("data_format") && !value.asText().equals("channels_first"))
              || harmless.contains(key)
              || key.endsWith("_initializer")
              || key.endsWith("_init")
              || key.endsWith("_constraint")
              || isHarmlessRegularizer(options.place(), key, value)
              || (only.containsKey(key) && same(only.get(key), value));
      if (!fits) {
        throw Refusal.option(
            options.place(),
            "the argument "
                + key
                + " of "
                + name
                + " is "
                + Reason.abbreviated(value.toString())
                + ", which is not supported");
      }
    }
  }

  /** One of a weight that the layer does not have. */
  private static boolean isHarmlessRegularizer(String place, String key, JsonNode value) {
    return key.endsWith("_regularizer")
        && (Penalty.of(place, value).isNone() || !key.equals("activity_regularizer"));
  }

  private static boolean same(JsonNode wanted, JsonNode value) {
    return wanted.isNumber() && value.isNumber()
        ? wanted.doubleValue() == value.doubleValue()
        : wanted.equals(value);
  }
}
