package dev.secateur.keras.layer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.keras.refusal.Kind;
import dev.secateur.keras.refusal.Refusal;
import dev.secateur.keras.spec.LayerSpec;
import dev.secateur.keras.spec.Options;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The layers that are written for one of the file's, so that Keras 2 and Keras 3 both load them and
 * mean the same: the layer as its {@link LayerType} writes it, then its activation, where that is
 * not one which both know by name.
 */
public final class WrittenLayers {
  /** In Keras 3, whose own classes for these take no argument `trainable`. */
  private static final Set<String> WITHOUT_TRAINABLE =
      Set.of("SpatialDropout1D", "SpatialDropout2D");

  private static final List<String> REGULARIZERS =
      List.of(
          "kernel_regularizer",
          "bias_regularizer",
          "activity_regularizer",
          "depthwise_regularizer",
          "pointwise_regularizer",
          "gamma_regularizer",
          "beta_regularizer",
          "alpha_regularizer");

  /** Functions that both versions know by name. */
  private static final List<String> ACTIVATIONS =
      List.of(
          "linear",
          "relu",
          "relu6",
          "elu",
          "selu",
          "leaky_relu",
          "gelu",
          "silu",
          "mish",
          "sigmoid",
          "tanh",
          "softplus",
          "softsign",
          "exponential",
          "softmax",
          "log_softmax");

  /** The type of a part that multiplies the value before it by a function of it. */
  public static final String GATE = "gate";

  private final Dialect dialect;

  public WrittenLayers(Dialect dialect) {
    this.dialect = dialect;
  }

  /**
   * One of the layers.
   *
   * @param suffix of its name, after that of the file's layer
   * @param within where the weights that it takes stand below the file's layer
   */
  public record Part(String suffix, String type, ObjectNode config, String within) {
    /** Whether it is frozen; left out where Keras 3's constructor takes no such argument. */
    public void trainable(boolean trainable) {
      if (!WITHOUT_TRAINABLE.contains(type)) {
        config.put("trainable", trainable);
      }
    }
  }

  /**
   * @param place of the layer in the model
   * @throws Refusal if there are no such layers
   */
  public List<Part> parts(LayerSpec layer, String place) {
    return parts(layer, place, "");
  }

  private List<Part> parts(LayerSpec layer, String place, String within) {
    Options options = new Options(place, layer.config());
    LayerType type = LayerTypes.find(layer.type()).orElseThrow();
    LayerType.Written written = type.writing().write(options, dialect);
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    config.put("name", layer.name());
    Part first = new Part("", written.type(), config, within);
    first.trainable(layer.trainable());
    config.setAll(written.config());
    for (String key : REGULARIZERS) {
      Penalty penalty = Penalty.of(place, options.get(key));
      if (!penalty.isNone()) {
        ObjectNode regularizer = config.putObject(key);
        regularizer.put("class_name", "L1L2");
        regularizer.putObject("config").put("l1", penalty.l1()).put("l2", penalty.l2());
      }
    }
    List<Part> parts = new ArrayList<>(List.of(first));
    if (layer.type().equals("TimeDistributed")) {
      wrapped(layer, options, config, parts);
    }
    if (options.has("activation")) {
      activation(options, config, parts, within);
    }
    return parts;
  }

  public static Refusal unwritable(String place, String type) {
    return new Refusal(
        Kind.UNWRITABLE,
        place,
        type + " has no layer that both Keras 2 and Keras 3 load",
        "use the TFLite files, or replace the operation by a layer of Keras");
  }

  /**
   * Says where the class of an item lives, as both versions name it. Without that, Keras 3 reads an
   * item as Keras 2 wrote it: it finds no layer within a layer, and drops an axis that is a list.
   */
  public static void qualify(ObjectNode item) {
    item.put("module", "keras.layers");
    item.putNull("registered_name");
  }

  /** The layer within, and after it, as wrapped layers of their own, what has to follow it. */
  private void wrapped(LayerSpec layer, Options options, ObjectNode config, List<Part> parts) {
    JsonNode inner = options.get("layer");
    LayerSpec within =
        spec(
            inner.path("config").path("name").asText(layer.name() + "_step"),
            inner.path("class_name").asText(),
            inner);
    boolean first = true;
    for (Part part : parts(within, options.place())) {
      if (part.type().equals(GATE)) {
        throw unwritable(options.place(), "TimeDistributed over " + within.type());
      }
      ObjectNode node = JsonNodeFactory.instance.objectNode();
      node.put("class_name", part.type());
      qualify(node);
      part.config().put("name", within.name() + part.suffix());
      node.set("config", part.config());
      if (first) {
        config.set("layer", node);
        first = false;
        continue;
      }
      ObjectNode own = JsonNodeFactory.instance.objectNode();
      own.put("name", layer.name() + part.suffix()).put("trainable", layer.trainable());
      own.set("layer", node);
      parts.add(new Part(part.suffix(), "TimeDistributed", own, part.within()));
    }
  }

  private static LayerSpec spec(String name, String type, JsonNode node) {
    return new LayerSpec(name, type, (ObjectNode) node.path("config"), List.of(), Optional.empty());
  }

  /** By name where both know it and mean the same, else as layers that follow. */
  private void activation(Options options, ObjectNode config, List<Part> parts, String within) {
    JsonNode activation = options.get("activation");
    String type = activation.path("class_name").asText("");
    if (activation.path("config").isObject() && LayerTypes.supports(type)) {
      config.put("activation", "linear");
      LayerSpec own = spec("activation", type, activation);
      for (Part part : parts(own, options.place(), within + "activation/")) {
        parts.add(
            new Part("_activation" + part.suffix(), part.type(), part.config(), part.within()));
      }
      return;
    }
    String name = ActivationFunctions.name(activation);
    String known = name.equals("swish") ? "silu" : name.equals("identity") ? "linear" : name;
    if (ACTIVATIONS.contains(known)) {
      config.put("activation", known.equals("silu") ? "swish" : known);
      return;
    }
    config.put("activation", "linear");
    parts.addAll(composed(name, options.place(), within));
  }

  /** A straight line, clipped, and perhaps multiplied with what it was applied to. */
  private List<Part> composed(String name, String place, String within) {
    boolean keras2 = name.equals("hard_sigmoid") && dialect.major() < 3;
    float slope = keras2 ? 0.2f : 1f / 6;
    ObjectNode up = Equivalent.config().put("scale", slope).put("offset", 0.5);
    Part line = new Part("_line", "Rescaling", up, within);
    Part clip = new Part("_clip", "ReLU", Equivalent.config().put("max_value", 1.0), within);
    return switch (name) {
      case "hard_sigmoid" -> List.of(line, clip);
      case "hard_silu", "hard_swish" ->
          List.of(line, clip, new Part("_gate", GATE, Equivalent.config(), within));
      default -> throw unwritable(place, "the activation " + name);
    };
  }
}
