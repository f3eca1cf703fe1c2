package dev.secateur.keras.layer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.keras.refusal.Reasons;
import dev.secateur.keras.refusal.Refusal;
import dev.secateur.keras.spec.LayerSpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The version of Keras that wrote a file. Translates what it calls things to the names of Keras 2:
 * classes as {@link LayerType} lists them, arguments of Keras 1 (migration notes of Keras 2.0), and
 * {@code negative_slope} of Keras 3.
 *
 * @param major 1, 2 or 3: some names mean something else in another version
 */
public record Dialect(int major, int minor) {
  /** Keras 1's names of arguments. */
  private static final Map<String, String> OPTIONS =
      Map.ofEntries(
          Map.entry("nb_filter", "filters"),
          Map.entry("filter_length", "kernel_size"),
          Map.entry("subsample", "strides"),
          Map.entry("subsample_length", "strides"),
          Map.entry("stride", "strides"),
          Map.entry("pool_length", "pool_size"),
          Map.entry("border_mode", "padding"),
          Map.entry("bias", "use_bias"),
          Map.entry("W_regularizer", "kernel_regularizer"),
          Map.entry("b_regularizer", "bias_regularizer"),
          Map.entry("atrous_rate", "dilation_rate"),
          Map.entry("output_dim", "units"),
          Map.entry("p", "rate"),
          Map.entry("sigma", "stddev"),
          Map.entry("length", "size"),
          Map.entry("batch_shape", "batch_input_shape"));

  private static final Pattern VERSION = Pattern.compile("(\\d)(?:\\.(\\d{1,4}))?.*");

  /** The version that a file states; without a statement it is Keras 1. */
  public static Dialect of(String version) {
    Matcher numbers = VERSION.matcher(version);
    if (!numbers.matches()) {
      return new Dialect(1, 0);
    }
    String minor = numbers.group(2);
    return new Dialect(
        Integer.parseInt(numbers.group(1)), minor == null ? 0 : Integer.parseInt(minor));
  }

  boolean isSince(int otherMajor, int otherMinor) {
    return major > otherMajor || (major == otherMajor && minor >= otherMinor);
  }

  /** Class name without package or version's alias. */
  public String typeName(JsonNode node) {
    String name = node.path("class_name").asText("");
    String own = name.substring(name.lastIndexOf('>') + 1);
    return LayerTypes.find(own).map(LayerType::name).orElse(own);
  }

  /** A layer that is not itself a model; adds to the reasons what cannot be supported in it. */
  public LayerSpec layer(String name, String place, JsonNode item, Reasons reasons) {
    String type = typeName(item);
    ObjectNode config = options(type, (ObjectNode) item.path("config"));
    Optional<String> operation = operation(type, item, config);
    if (operation.isPresent()) {
      config = ((ObjectNode) item.path("config")).deepCopy(); // an operation's own names
      if (!Operations.supports(operation.get())) {
        reasons.add(Refusals.operation(operation.get(), place));
      }
      type = LayerSpec.OPERATION + operation.get();
    } else if (isForeign(item) || !LayerTypes.supports(type)) {
      reasons.add(Refusals.of(type, place).orElseGet(() -> Refusals.custom(type(item), place)));
    }
    quantized(config).ifPresent(mode -> reasons.add(Refusals.quantized(mode, place)));
    if (type.equals("TimeDistributed")) {
      if (!config.path("layer").path("config").isObject()) {
        throw Refusal.config(place, "TimeDistributed without a layer");
      }
      config.set("layer", within(name, place, config.path("layer"), reasons));
    }
    JsonNode activation = config.path("activation");
    if (activation.path("config").isObject() && activation.has("class_name")) {
      config.set("activation", within(name, place, activation, reasons));
    }
    return new LayerSpec(name, type, config, List.of(), Optional.empty());
  }

  /** A layer that is an argument of another, in Keras 2's terms. */
  private ObjectNode within(String name, String place, JsonNode item, Reasons reasons) {
    LayerSpec layer = layer(name, place, item, reasons);
    ObjectNode canonical = JsonNodeFactory.instance.objectNode();
    canonical.put("class_name", layer.type());
    canonical.set("config", layer.config());
    return canonical;
  }

  /** The mode of a layer of Keras 3 that was quantized: int8, int4, float8, gptq, …. */
  private static Optional<String> quantized(ObjectNode config) {
    JsonNode dtype = config.path("dtype");
    String mode = dtype.isTextual() ? dtype.asText() : dtype.path("config").path("mode").asText("");
    if (dtype.isTextual()) {
      int from = mode.indexOf("_from_"); // "int8_from_float32"
      mode = from < 0 ? "" : mode.substring(0, from);
    }
    return Optional.of(mode).filter(m -> !m.isEmpty());
  }

  private static String type(JsonNode item) {
    String registered = item.path("registered_name").asText("");
    return registered.contains(">") ? registered : item.path("class_name").asText("");
  }

  /** Whether the class only shares its name with one of Keras. */
  private static boolean isForeign(JsonNode item) {
    String module = item.path("module").asText("keras");
    String root = module.contains(".") ? module.substring(0, module.indexOf('.')) : module;
    boolean keras =
        List.of("keras", "tf_keras", "tensorflow", "builtins").contains(root) || module.isEmpty();
    String registered = item.path("registered_name").asText("");
    boolean custom = registered.contains(">") && !registered.startsWith("Custom>TFOpLambda");
    return !keras || (custom && item.has("module") && item.path("module").isNull());
  }

  /**
   * The name of the operation, if the layer only wraps one: TFOpLambda and SlicingOpLambda (Keras
   * 2.4 on), TensorFlowOpLayer (TensorFlow 2.0 to 2.3) or an Operation (Keras 3).
   */
  private Optional<String> operation(String type, JsonNode item, ObjectNode config) {
    return switch (type) {
      case "TFOpLambda", "SlicingOpLambda", "ClassMethod", "InstanceMethod", "InstanceProperty" ->
          Optional.of(config.path("function").asText(type));
      case "TensorFlowOpLayer" ->
          Optional.of(Operations.nodeDefinition(config).path("op").asText());
      default -> {
        boolean inOps = item.path("module").asText("").contains(".ops");
        // In HDF5 no module is given, but only layers of Keras 3 have this option.
        boolean bare = major >= 3 && !config.has("trainable") && !type.equals("InputLayer");
        boolean known = LayerTypes.supports(type) || Refusals.of(type, "").isPresent();
        boolean operation = Operations.supports(type) || !known;
        yield inOps || (bare && operation && !isForeign(item))
            ? Optional.of(type)
            : Optional.empty();
      }
    };
  }

  private ObjectNode options(String type, ObjectNode raw) {
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    raw.fields()
        .forEachRemaining(
            e -> {
              String key = OPTIONS.getOrDefault(e.getKey(), e.getKey());
              if (!config.has(key) || !e.getValue().isNull()) {
                config.set(key, e.getValue());
              }
            });
    if (raw.has("nb_row")) {
      config.remove(List.of("nb_row", "nb_col"));
      ArrayNode size = config.putArray("kernel_size");
      size.add(raw.path("nb_row")).add(raw.path("nb_col"));
    }
    if (raw.has("dim_ordering")) {
      config.remove("dim_ordering");
      boolean first = raw.path("dim_ordering").asText().equals("th");
      config.put("data_format", first ? "channels_first" : "channels_last");
    }
    if (raw.has("negative_slope") && type.equals("LeakyReLU")) {
      config.set("alpha", config.remove("negative_slope"));
    }
    return config;
  }
}
