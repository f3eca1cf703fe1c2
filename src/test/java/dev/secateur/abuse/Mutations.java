package dev.secateur.abuse;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ContainerNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * Damages a file: single bytes, its end, or its configuration, which stays valid JSON so that what
 * comes after parsing is reached. In a zip the entries are damaged and packed again, since a zip's
 * own checksum would stop nearly every other damage. The same seed gives the same damage.
 */
final class Mutations {
  private static final JsonMapper JSON = new JsonMapper();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final Random random;

  Mutations(long seed) {
    this.random = new Random(seed);
  }

  byte[] mutate(byte[] file) {
    if (file.length > 4 && file[0] == 'P' && file[1] == 'K' && random.nextInt(4) > 0) {
      return zip(file);
    }
    return switch (random.nextInt(4)) {
      case 0 -> truncate(file);
      case 1 -> bytes(file);
      default -> embeddedJson(file);
    };
  }

  private byte[] truncate(byte[] file) {
    return Arrays.copyOf(file, random.nextInt(file.length));
  }

  /** Half of the time near the start, where a file's structure lies. */
  private byte[] bytes(byte[] file) {
    byte[] copy = file.clone();
    int area = random.nextBoolean() ? Math.min(copy.length, 8192) : copy.length;
    for (int i = random.nextInt(16); i >= 0; i--) {
      int at = random.nextInt(area);
      copy[at] =
          switch (random.nextInt(4)) {
            case 0 -> (byte) 0xff;
            case 1 -> 0;
            case 2 -> (byte) (copy[at] ^ (1 << random.nextInt(8)));
            default -> (byte) random.nextInt();
          };
    }
    return copy;
  }

  /** One of a SavedModel's files, with the checksums of its table mended. */
  Map<String, byte[]> mutate(Map<String, byte[]> savedModel) {
    Map<String, byte[]> files = new LinkedHashMap<>(savedModel);
    List<String> names = files.keySet().stream().filter(n -> files.get(n).length > 0).toList();
    String chosen = names.get(random.nextInt(names.size()));
    byte[] content = files.get(chosen);
    boolean metadata = chosen.endsWith(".pb") && random.nextInt(4) > 0;
    byte[] damaged =
        metadata
            ? embeddedJson(content)
            : random.nextInt(6) == 0 ? truncate(content) : bytes(content);
    if (chosen.endsWith(".index") && damaged.length == content.length && random.nextInt(4) > 0) {
      LevelDbChecksums.mend(damaged);
    }
    if (random.nextInt(20) == 0) {
      files.remove(chosen);
    } else {
      files.put(chosen, damaged);
    }
    return files;
  }

  private byte[] zip(byte[] file) {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(file))) {
      for (ZipEntry e = in.getNextEntry(); e != null; e = in.getNextEntry()) {
        entries.put(e.getName(), in.readAllBytes());
      }
      List<String> names = new ArrayList<>(entries.keySet());
      String chosen =
          random.nextBoolean() ? "config.json" : names.get(random.nextInt(names.size()));
      byte[] content = entries.getOrDefault(chosen, new byte[1]);
      entries.put(
          chosen,
          chosen.endsWith(".json")
              ? json(new String(content, StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8)
              : random.nextBoolean() ? bytes(content) : truncate(content));
      return zipped(entries);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static byte[] zipped(Map<String, byte[]> entries) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream out = new ZipOutputStream(bytes)) {
      for (Map.Entry<String, byte[]> e : entries.entrySet()) {
        out.putNextEntry(new ZipEntry(e.getKey()));
        out.write(e.getValue());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** Changes the configuration inside an HDF5 file in place, padded with spaces to its length. */
  private byte[] embeddedJson(byte[] file) {
    String text = new String(file, StandardCharsets.ISO_8859_1);
    int start = text.indexOf("{\"class_name\": \"");
    start = start < 0 ? text.indexOf("{\"module\": \"") : start;
    start = start < 0 ? someLayer(text) : start;
    int end = start < 0 ? -1 : closing(text, start);
    if (end < 0) {
      return bytes(file);
    }
    byte[] changed = json(text.substring(start, end)).getBytes(StandardCharsets.ISO_8859_1);
    if (changed.length > end - start) {
      return bytes(file);
    }
    byte[] copy = file.clone();
    Arrays.fill(copy, start, end, (byte) ' ');
    System.arraycopy(changed, 0, copy, start, changed.length);
    return copy;
  }

  /** One of the descriptions of layers that lie among a SavedModel's objects. */
  private int someLayer(String text) {
    List<Integer> starts = new ArrayList<>();
    for (int at = text.indexOf("{\"name\": \""); at >= 0; ) {
      starts.add(at);
      at = text.indexOf("{\"name\": \"", at + 1);
    }
    // The first is the model's, which has the whole architecture.
    return starts.isEmpty()
        ? -1
        : starts.get(random.nextInt(3) > 0 ? 0 : random.nextInt(starts.size()));
  }

  private static int closing(String text, int start) {
    int depth = 0;
    for (int i = start; i < text.length(); i++) {
      depth += text.charAt(i) == '{' ? 1 : text.charAt(i) == '}' ? -1 : 0;
      if (depth == 0) {
        return i + 1;
      }
    }
    return -1;
  }

  private String json(String text) {
    try {
      JsonNode root = JSON.readTree(text);
      List<ContainerNode<?>> containers = new ArrayList<>();
      collect(root, containers);
      for (int i = random.nextInt(3); i >= 0 && !containers.isEmpty(); i--) {
        change(containers.get(random.nextInt(containers.size())));
      }
      return JSON.writeValueAsString(root);
    } catch (JsonProcessingException e) {
      return text.substring(0, random.nextInt(text.length() + 1));
    }
  }

  private static void collect(JsonNode node, List<ContainerNode<?>> containers) {
    if (node instanceof ContainerNode<?> container && !container.isEmpty()) {
      containers.add(container);
      container.forEach(child -> collect(child, containers));
    }
  }

  private void change(ContainerNode<?> container) {
    if (container instanceof ObjectNode object && !object.isEmpty()) {
      List<String> names = new ArrayList<>();
      object.fieldNames().forEachRemaining(names::add);
      String name = names.get(random.nextInt(names.size()));
      switch (random.nextInt(4)) {
        case 0 -> object.remove(name);
        case 1 -> object.set(names.get(random.nextInt(names.size())), object.get(name).deepCopy());
        default -> object.set(name, value(object.get(name)));
      }
    } else if (container instanceof ArrayNode array && !array.isEmpty()) {
      int at = random.nextInt(array.size());
      switch (random.nextInt(4)) {
        case 0 -> array.remove(at);
        case 1 -> array.add(array.get(at).deepCopy());
        default -> array.set(at, value(array.get(at)));
      }
    }
  }

  private JsonNode value(JsonNode old) {
    return switch (random.nextInt(12)) {
      case 0 -> NODES.nullNode();
      case 1 -> NODES.numberNode(0);
      case 2 -> NODES.numberNode(-1);
      case 3 -> NODES.numberNode(Integer.MAX_VALUE);
      case 4 -> NODES.numberNode(Long.MAX_VALUE);
      case 5 -> NODES.numberNode(1e308);
      case 6 -> NODES.textNode("");
      case 7 -> NODES.textNode("\uD800../../x\u0000");
      case 8 -> NODES.arrayNode().add(old.deepCopy()).add(old.deepCopy());
      case 9 -> NODES.objectNode().set("class_name", old.deepCopy());
      case 10 -> NODES.booleanNode(random.nextBoolean());
      default -> NODES.numberNode(random.nextInt(100_000));
    };
  }
}
