package dev.secateur.keras.layer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.secateur.graph.Activation;
import dev.secateur.graph.Activation.Simple;
import dev.secateur.graph.Op;
import dev.secateur.graph.Op.BinaryKind;
import dev.secateur.graph.Op.UnaryKind;
import dev.secateur.keras.refusal.Reason;
import dev.secateur.keras.refusal.Refusal;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Activation functions by name, as an {@code activation} option gives them. */
public final class ActivationFunctions {
  private static final Map<String, Activation> SIMPLE =
      Map.ofEntries(
          Map.entry("relu", Simple.RELU),
          Map.entry("relu6", Simple.RELU6),
          Map.entry("selu", Simple.SELU),
          Map.entry("elu", new Activation.Elu(1)),
          Map.entry("leaky_relu", new Activation.LeakyRelu(0.2f)),
          Map.entry("gelu", Simple.GELU_EXACT),
          Map.entry("silu", Simple.SILU),
          Map.entry("swish", Simple.SILU),
          Map.entry("mish", Simple.MISH),
          Map.entry("sigmoid", Simple.SIGMOID),
          Map.entry("hard_silu", Simple.HARD_SWISH),
          Map.entry("hard_swish", Simple.HARD_SWISH),
          Map.entry("tanh", Simple.TANH),
          Map.entry("softplus", Simple.SOFTPLUS),
          Map.entry("softsign", Simple.SOFTSIGN),
          Map.entry("exponential", Simple.EXPONENTIAL));

  private ActivationFunctions() {}

  /** Name of the function that a configuration gives as text or as an object. */
  public static String name(JsonNode activation) {
    if (activation.isTextual()) {
      return snakeCase(activation.asText());
    }
    // Keras 3: {"class_name": "function", "config": "relu"}; a layer: {"class_name": "ReLU", …}.
    JsonNode config = activation.path("config");
    String name = config.isTextual() ? config.asText() : activation.path("class_name").asText();
    return snakeCase(name);
  }

  /**
   * Whether the layer's {@code activation} option, where it has one, treats each element by itself.
   */
  public static boolean isElementwise(JsonNode config) {
    JsonNode activation = config.path("activation");
    String type = activation.path("class_name").asText("");
    if (activation.path("config").isObject() && LayerTypes.supports(type)) {
      return LayerTypes.axes(type) == Axes.ALIKE && isElementwise(activation.path("config"));
    }
    return !List.of("softmax", "log_softmax").contains(name(activation));
  }

  private static String snakeCase(String name) {
    String own = name.substring(name.lastIndexOf('>') + 1);
    return own.equals(own.toUpperCase(Locale.ROOT)) ? own.toLowerCase(Locale.ROOT) : own;
  }

  /** Applies the layer's {@code activation} option. */
  static String apply(LayerContext layer, String value) {
    Optional<JsonNode> option = layer.options().optional("activation");
    if (option.isEmpty()) {
      return value;
    }
    JsonNode activation = option.get();
    String type = activation.path("class_name").asText("");
    if (activation.path("config").isObject() && LayerTypes.supports(type)) {
      var config = (com.fasterxml.jackson.databind.node.ObjectNode) activation.path("config");
      return LayerTypes.lower(layer.activation(type, config, value));
    }
    return apply(layer, name(activation), value);
  }

  static String apply(LayerContext layer, String name, String value) {
    int last = layer.graph().shape(value).rank() - 1;
    return switch (name) {
      case "linear", "identity" -> value;
      case "softmax" -> layer.add(new Op.Activate(new Activation.Softmax(last)), value);
      case "log_softmax" -> layer.add(new Op.Activate(new Activation.LogSoftmax(last)), value);
      case "hard_sigmoid" -> layer.add(new Op.Activate(hardSigmoid(layer.dialect())), value);
      case "log_sigmoid" -> {
        String negated = layer.add(new Op.Unary(UnaryKind.NEGATE), value);
        String softplus = layer.add(new Op.Activate(Simple.SOFTPLUS), negated);
        yield layer.add(new Op.Unary(UnaryKind.NEGATE), softplus);
      }
      case "hard_tanh" -> {
        String low = layer.constant("minus_one", -1f);
        String high = layer.constant("one", 1f);
        String above = layer.add(new Op.Binary(BinaryKind.MAXIMUM), value, low);
        yield layer.add(new Op.Binary(BinaryKind.MINIMUM), above, high);
      }
      default -> {
        Activation function = SIMPLE.get(name);
        if (function == null) {
          throw Refusal.option(layer.path(), "the activation " + Reason.abbreviated(name));
        }
        yield layer.add(new Op.Activate(function), value);
      }
    };
  }

  private static Activation hardSigmoid(Dialect dialect) {
    return dialect.major() >= 3 ? Simple.HARD_SIGMOID_KERAS3 : Simple.HARD_SIGMOID_KERAS2;
  }
}
