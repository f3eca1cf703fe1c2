package dev.secateur.keras.write;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.keras.file.Hdf5Writer;
import dev.secateur.keras.spec.Json;
import dev.secateur.keras.spec.SnakeCase;
import dev.secateur.keras.write.WrittenLayer.Value;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A {@code .keras} zip. The configuration is in Keras 2's form for layers, which both versions read
 * where an object names no module; weights are under {@code layers/}, as Keras 3 and tf_keras from
 * 2.15 store them.
 */
public final class ZipLayout {
  private ZipLayout() {}

  public static void write(WrittenModel model, Path file) throws IOException {
    Path weights = file.resolveSibling(file.getFileName() + ".weights");
    try {
      try (Hdf5Writer writer = new Hdf5Writer(weights)) {
        writer.group("/vars");
        model(writer, "", model);
      }
      try (OutputStream out = Files.newOutputStream(file);
          ZipOutputStream zip = new ZipOutputStream(out)) {
        store(zip, "metadata.json", metadata().getBytes(StandardCharsets.UTF_8));
        store(zip, "config.json", config(model).getBytes(StandardCharsets.UTF_8));
        store(zip, "model.weights.h5", Files.readAllBytes(weights));
      }
    } finally {
      Files.deleteIfExists(weights);
    }
  }

  private static String metadata() {
    ObjectNode metadata = JsonNodeFactory.instance.objectNode();
    metadata.put("keras_version", Hdf5Layout.KERAS_VERSION);
    metadata.put("date_saved", "1970-01-01@00:00:00"); // equal models give equal bytes
    return Json.text(metadata);
  }

  private static String config(WrittenModel model) {
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    config.put("module", "keras");
    // Both versions make a Functional of a Model that has layers; "Functional" lives in modules
    // of different names.
    config.put("class_name", model.sequential() ? "Sequential" : "Model");
    config.set("config", model.config());
    config.putNull("registered_name");
    return Json.text(config);
  }

  private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    CRC32 crc = new CRC32();
    crc.update(content);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.length);
    entry.setCrc(crc.getValue());
    entry.setTimeLocal(java.time.LocalDateTime.of(1980, 1, 1, 0, 0));
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }

  private static void model(Hdf5Writer writer, String path, WrittenModel model) throws IOException {
    String container = path + "/layers";
    writer.group(container);
    Map<String, Integer> counts = new HashMap<>();
    for (WrittenLayer layer : model.layers()) {
      if (model.sequential() && layer.type().equals("InputLayer")) {
        continue;
      }
      String base = SnakeCase.of(layer.type());
      int count = counts.merge(base, 1, Integer::sum) - 1;
      String group = container + "/" + (count == 0 ? base : base + "_" + count);
      writer.group(group);
      if (layer.model().isPresent()) {
        model(writer, group, layer.model().get());
      }
      String own = layer.type().equals("TimeDistributed") ? group + "/layer" : group;
      writer.group(own + "/vars");
      writer.attribute(own + "/vars", "name", layer.name());
      values(writer, own + "/vars", layer.weights());
    }
  }

  private static void values(Hdf5Writer writer, String group, List<Value> values)
      throws IOException {
    for (int i = 0; i < values.size(); i++) {
      Value value = values.get(i);
      writer.dataset(group + "/" + i, value.shape(), value.values());
    }
  }
}
