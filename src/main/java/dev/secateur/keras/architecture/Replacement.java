package dev.secateur.keras.architecture;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.List;

/**
 * What a Lambda layer computes, as its owner declares it: a layer of Keras that stands in its
 * place. The layer's own code is neither read nor run.
 */
public sealed interface Replacement {
  String FORMS = "rescale:SCALE,OFFSET, resize:HEIGHT,WIDTH or identity";

  /** What is kept of the layer. */
  List<String> KEPT =
      List.of("name", "trainable", "dtype", "batch_input_shape", "input_shape", "batch_shape");

  /** {@code x·scale + offset}. */
  record Rescale(double scale, double offset) implements Replacement {}

  /** To so many pixels, bilinear as {@code tf.image.resize} does it. */
  record Resize(int height, int width) implements Replacement {}

  record Identity() implements Replacement {}

  /**
   * @throws IllegalArgumentException if it is none of {@link #FORMS}
   */
  static Replacement of(String text) {
    String[] parts = text.strip().split(":", 2);
    String[] numbers = parts.length < 2 ? new String[0] : parts[1].split(",", -1);
    try {
      switch (parts[0] + "/" + numbers.length) {
        case "identity/0" -> {
          return new Identity();
        }
        case "rescale/2" -> {
          double[] line = Arrays.stream(numbers).mapToDouble(Double::parseDouble).toArray();
          if (Double.isFinite(line[0]) && Double.isFinite(line[1])) {
            return new Rescale(line[0], line[1]);
          }
        }
        case "resize/2" -> {
          int[] size =
              Arrays.stream(numbers).map(String::strip).mapToInt(Integer::parseInt).toArray();
          if (size[0] > 0 && size[1] > 0) {
            return new Resize(size[0], size[1]);
          }
        }
        default -> {
          // said below
        }
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new IllegalArgumentException("must be " + FORMS + ", not " + text);
  }

  /** The layer that stands in the place of a Lambda. */
  default JsonNode instead(JsonNode lambda) {
    ObjectNode layer = JsonNodeFactory.instance.objectNode();
    ObjectNode config = layer.putObject("config");
    config.put("trainable", true);
    JsonNode old = lambda.path("config");
    KEPT.stream().filter(old::has).forEach(k -> config.set(k, old.get(k)));
    List.of("name", "inbound_nodes", "build_config").stream()
        .filter(lambda::has)
        .forEach(k -> layer.set(k, lambda.get(k)));
    if (this instanceof Rescale line) {
      layer.put("class_name", "Rescaling");
      config.put("scale", line.scale()).put("offset", line.offset());
    } else if (this instanceof Resize size) {
      layer.put("class_name", "Resizing");
      config.put("height", size.height()).put("width", size.width());
      config.put("interpolation", "bilinear");
    } else {
      layer.put("class_name", "Activation");
      config.put("activation", "linear");
    }
    return layer;
  }
}
