package dev.secateur.keras.write;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.keras.file.Hdf5Writer;
import dev.secateur.keras.refusal.Kind;
import dev.secateur.keras.refusal.Refusal;
import dev.secateur.keras.spec.Json;
import dev.secateur.keras.weights.Hdf5Weights;
import dev.secateur.keras.write.WrittenLayer.Value;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The HDF5 layout of Keras 2, which Keras 3 loads too; {@link Hdf5Weights} describes it. */
public final class Hdf5Layout {
  /** The version whose terms the file is in. */
  static final String KERAS_VERSION = "2.15.0";

  private Hdf5Layout() {}

  public static void write(WrittenModel model, Path file) throws IOException {
    try (Hdf5Writer writer = new Hdf5Writer(file)) {
      ObjectNode config = JsonNodeFactory.instance.objectNode();
      config.put("class_name", model.type());
      config.set("config", model.config());
      checkEllipses(model);
      writer.attribute("/", "keras_version", KERAS_VERSION);
      writer.attribute("/", "backend", "tensorflow");
      writer.attribute("/", "model_config", Json.text(config));
      String root = "/model_weights";
      writer.group(root);
      writer.attribute(root, "keras_version", KERAS_VERSION);
      writer.attribute(root, "backend", "tensorflow");
      writer.attribute(
          root, "layer_names", model.layers().stream().map(WrittenLayer::name).toList());
      for (WrittenLayer layer : model.layers()) {
        layer(writer, root + "/" + layer.name(), layer);
      }
    }
  }

  /**
   * Keras 3 decodes an ellipsis twice where the description is in HDF5, and fails at the second.
   */
  private static void checkEllipses(WrittenModel model) {
    for (WrittenLayer layer : model.layers()) {
      layer.model().ifPresent(Hdf5Layout::checkEllipses);
      boolean keras3 = layer.item().map(i -> i.has("module")).orElse(false);
      if (keras3 && layer.item().get().findValuesAsText("class_name").contains("__ellipsis__")) {
        throw new Refusal(
            Kind.UNWRITABLE,
            layer.name(),
            "Keras 3 loads an index with an ellipsis from .keras files only",
            "write a .keras file");
      }
    }
  }

  private static void layer(Hdf5Writer writer, String group, WrittenLayer layer)
      throws IOException {
    List<Value> all = layer.model().map(WrittenModel::weights).orElse(layer.weights());
    List<Value> ordered = new ArrayList<>(all.stream().filter(Value::trainable).toList());
    ordered.addAll(all.stream().filter(v -> !v.trainable()).toList());
    writer.group(group);
    writer.attribute(group, "weight_names", ordered.stream().map(Hdf5Layout::name).toList());
    for (Value value : ordered) {
      writer.dataset(group + "/" + name(value), value.shape(), value.values());
    }
  }

  private static String name(Value value) {
    return value.path() + "/" + value.name() + ":0";
  }
}
