package dev.secateur.keras.write;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.keras.layer.ActivationFunctions;
import dev.secateur.keras.layer.Dialect;
import dev.secateur.keras.layer.ImageLayers;
import dev.secateur.keras.layer.LayerContext;
import dev.secateur.keras.layer.Layers;
import dev.secateur.keras.layer.ShapeLayers;
import dev.secateur.keras.refusal.Kind;
import dev.secateur.keras.refusal.Refusal;
import dev.secateur.keras.spec.LayerSpec;
import dev.secateur.keras.spec.Numbers;
import dev.secateur.keras.spec.Options;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How each layer is configured so that Keras 2 and Keras 3 both load it and mean the same. What
 * only one of them has is written as other layers, appended under names of their own.
 */
final class LayerWriting {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  /** Options that both versions know, by class. */
  private static final Map<String, List<String>> OPTIONS =
      Map.ofEntries(
          Map.entry("Dense", List.of("units", "use_bias")),
          Map.entry("Conv1D", convolution("filters", "groups")),
          Map.entry("Conv2D", convolution("filters", "groups")),
          Map.entry("DepthwiseConv1D", convolution("depth_multiplier")),
          Map.entry("DepthwiseConv2D", convolution("depth_multiplier")),
          Map.entry("SeparableConv1D", convolution("filters", "depth_multiplier")),
          Map.entry("SeparableConv2D", convolution("filters", "depth_multiplier")),
          Map.entry("Conv1DTranspose", convolution("filters", "output_padding")),
          Map.entry("Conv2DTranspose", convolution("filters", "output_padding")),
          Map.entry("MaxPooling1D", List.of("pool_size", "strides", "padding")),
          Map.entry("MaxPooling2D", List.of("pool_size", "strides", "padding")),
          Map.entry("AveragePooling1D", List.of("pool_size", "strides", "padding")),
          Map.entry("AveragePooling2D", List.of("pool_size", "strides", "padding")),
          Map.entry("GlobalMaxPooling1D", List.of("keepdims")),
          Map.entry("GlobalMaxPooling2D", List.of("keepdims")),
          Map.entry("GlobalAveragePooling1D", List.of("keepdims")),
          Map.entry("GlobalAveragePooling2D", List.of("keepdims")),
          Map.entry("BatchNormalization", List.of("momentum", "epsilon", "center", "scale")),
          Map.entry("LayerNormalization", List.of("axis", "epsilon", "center", "scale")),
          Map.entry("GroupNormalization", List.of("groups", "axis", "epsilon", "center", "scale")),
          Map.entry("UnitNormalization", List.of("axis")),
          Map.entry("Normalization", List.of("axis", "mean", "variance", "invert")),
          Map.entry("Dropout", List.of("rate", "noise_shape")),
          Map.entry("SpatialDropout1D", List.of("rate")),
          Map.entry("SpatialDropout2D", List.of("rate")),
          Map.entry("GaussianNoise", List.of("stddev")),
          Map.entry("GaussianDropout", List.of("rate")),
          Map.entry("AlphaDropout", List.of("rate")),
          Map.entry("ActivityRegularization", List.of("l1", "l2")),
          Map.entry("Flatten", List.of()),
          Map.entry("Reshape", List.of("target_shape")),
          Map.entry("Permute", List.of("dims")),
          Map.entry("RepeatVector", List.of("n")),
          Map.entry("UpSampling1D", List.of("size")),
          Map.entry("UpSampling2D", List.of("size", "interpolation")),
          Map.entry("ReLU", List.of("max_value", "negative_slope", "threshold")),
          Map.entry("LeakyReLU", List.of("alpha")),
          Map.entry("ELU", List.of("alpha")),
          Map.entry("PReLU", List.of("shared_axes")),
          Map.entry("Softmax", List.of("axis")),
          Map.entry("Add", List.of()),
          Map.entry("Multiply", List.of()),
          Map.entry("Subtract", List.of()),
          Map.entry("Average", List.of()),
          Map.entry("Maximum", List.of()),
          Map.entry("Minimum", List.of()),
          Map.entry("Concatenate", List.of("axis")),
          Map.entry("Dot", List.of("axes", "normalize")),
          Map.entry("Rescaling", List.of("scale", "offset")),
          Map.entry(
              "Resizing", List.of("height", "width", "interpolation", "crop_to_aspect_ratio")),
          Map.entry("CenterCrop", List.of("height", "width")),
          Map.entry("Activation", List.of()));

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

  private final Dialect dialect;

  LayerWriting(Dialect dialect) {
    this.dialect = dialect;
  }

  private static List<String> convolution(String... own) {
    List<String> all =
        new ArrayList<>(List.of("kernel_size", "strides", "padding", "dilation_rate", "use_bias"));
    all.addAll(List.of(own));
    return List.copyOf(all);
  }

  /** A layer of the chain that stands for one of the file's. */
  record Part(String suffix, String type, ObjectNode config) {}

  /**
   * The layer, and what has to follow it. A part of the type {@link #GATE} multiplies the value
   * before it by a function of it.
   */
  List<Part> parts(LayerSpec layer, String place) {
    String type = layer.type();
    Options options = new Options(place, layer.config());
    List<Part> parts = new ArrayList<>();
    String written = writtenType(type, options, place);
    ObjectNode config = config(written, type, layer, options);
    parts.add(new Part("", written, config));
    if (options.has("activation")) {
      activation(options, config, parts);
    }
    return parts;
  }

  static final String GATE = "gate";

  private static String writtenType(String type, Options options, String place) {
    String written =
        switch (type) {
          case "ThresholdedReLU" -> "ReLU"; // Keras 3 has dropped it
          case "LayerScale" -> "DepthwiseConv2D";
          case "StochasticDepth", "Identity" -> "Activation";
          case "RandomCrop" -> "CenterCrop";
          case "Merge" -> merge(options.text("mode", "sum"));
          default -> type;
        };
    if (ImageLayers.isAugmentation(type)) {
      return "Activation";
    }
    boolean special =
        List.of("ZeroPadding1D", "ZeroPadding2D", "Cropping1D", "Cropping2D", "TimeDistributed")
            .contains(written);
    if (!special && !OPTIONS.containsKey(written)) {
      throw unwritable(place, type);
    }
    return written;
  }

  private static String merge(String mode) {
    return switch (mode) {
      case "mul" -> "Multiply";
      case "max" -> "Maximum";
      case "ave" -> "Average";
      case "concat" -> "Concatenate";
      default -> "Add";
    };
  }

  static Refusal unwritable(String place, String type) {
    return new Refusal(
        Kind.UNWRITABLE,
        place,
        type + " has no layer that both Keras 2 and Keras 3 load",
        "use the TFLite files, or replace the operation by a layer of Keras");
  }

  private ObjectNode config(String written, String type, LayerSpec layer, Options options) {
    ObjectNode config = JSON.objectNode();
    config.put("name", layer.name());
    config.put("trainable", layer.trainable());
    for (String key : OPTIONS.getOrDefault(written, List.of())) {
      if (options.has(key)) {
        config.set(key, Numbers.unwrapped(options.get(key)));
      }
    }
    for (String key : REGULARIZERS) {
      LayerContext.Penalty penalty = LayerContext.penalty(options, key);
      if (penalty.l1() != 0 || penalty.l2() != 0) {
        ObjectNode regularizer = config.putObject(key);
        regularizer.put("class_name", "L1L2");
        regularizer.putObject("config").put("l1", penalty.l1()).put("l2", penalty.l2());
      }
    }
    switch (written) {
      case "BatchNormalization" -> config.put("axis", axis(options));
      case "ZeroPadding1D" -> config.set("padding", margins(options, "padding", 1));
      case "ZeroPadding2D" -> config.set("padding", margins(options, "padding", 2));
      case "Cropping1D" -> config.set("cropping", margins(options, "cropping", 1));
      case "Cropping2D" -> config.set("cropping", margins(options, "cropping", 2));
      case "Activation" -> config.put("activation", "linear");
      case "TimeDistributed" -> config.set("layer", wrapped(layer, options));
      default -> special(type, options, config);
    }
    return config;
  }

  private static void special(String type, Options options, ObjectNode config) {
    if (type.equals("ThresholdedReLU")) {
      config.put("threshold", options.number("theta", 1));
    }
    if (type.equals("LayerScale")) {
      config.put("kernel_size", 1).put("use_bias", false);
    }
    if (type.equals("Merge") && options.has("concat_axis")) {
      config.put("axis", options.integer("concat_axis"));
    }
    if (type.equals("RandomCrop") || type.equals("LeakyReLU") || type.equals("PReLU")) {
      return; // their options have the same names
    }
  }

  private static int axis(Options options) {
    return options.has("axis") ? options.integers("axis").get(0) : -1;
  }

  private static JsonNode margins(Options options, String key, int dimensions) {
    int[][] margins = ShapeLayers.margins(options, key, dimensions);
    ArrayNode all = JSON.arrayNode();
    for (int[] pair : margins) {
      all.add(JSON.arrayNode().add(pair[0]).add(pair[1]));
    }
    return dimensions == 1 ? all.get(0) : all;
  }

  private JsonNode wrapped(LayerSpec layer, Options options) {
    JsonNode inner = options.get("layer");
    LayerSpec within =
        new LayerSpec(
            inner.path("config").path("name").asText(layer.name() + "_step"),
            inner.path("class_name").asText(),
            (ObjectNode) inner.path("config"),
            List.of(),
            java.util.Optional.empty());
    List<Part> parts = parts(within, options.place());
    if (parts.size() > 1) {
      throw unwritable(options.place(), "TimeDistributed over " + within.type());
    }
    ObjectNode node = JSON.objectNode();
    node.put("class_name", parts.get(0).type());
    node.set("config", parts.get(0).config());
    return node;
  }

  /** By name where both know it and mean the same, else as layers that follow. */
  private void activation(Options options, ObjectNode config, List<Part> parts) {
    JsonNode activation = options.get("activation");
    String type = activation.path("class_name").asText("");
    if (activation.path("config").isObject() && Layers.supports(type)) {
      config.put("activation", "linear");
      LayerSpec own =
          new LayerSpec(
              "activation",
              type,
              (ObjectNode) activation.path("config"),
              List.of(),
              java.util.Optional.empty());
      for (Part part : parts(own, options.place())) {
        parts.add(new Part("_activation" + part.suffix(), part.type(), part.config()));
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
    parts.addAll(composed(name, options.place()));
  }

  private List<Part> composed(String name, String place) {
    boolean keras3 = dialect.major() >= 3;
    float slope = name.equals("hard_sigmoid") && !keras3 ? 0.2f : 1f / 6;
    ObjectNode line = JSON.objectNode().put("scale", slope).put("offset", 0.5);
    ObjectNode clip = JSON.objectNode().put("max_value", 1.0);
    return switch (name) {
      case "hard_sigmoid" ->
          List.of(new Part("_line", "Rescaling", line), new Part("_clip", "ReLU", clip));
      case "hard_silu", "hard_swish" ->
          List.of(
              new Part("_line", "Rescaling", line),
              new Part("_clip", "ReLU", clip),
              new Part("_gate", GATE, JSON.objectNode()));
      default -> throw unwritable(place, "the activation " + name);
    };
  }
}
