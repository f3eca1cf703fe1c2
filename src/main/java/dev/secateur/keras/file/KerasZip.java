package dev.secateur.keras.file;

import dev.secateur.keras.refusal.Kind;
import dev.secateur.keras.refusal.Reason;
import dev.secateur.keras.refusal.Refusal;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.ZipException;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;

/**
 * A {@code .keras} file: a zip whose entries are read into memory by name. Nothing is unpacked to
 * the disk. Names that lead elsewhere, links, duplicates and bombs are refused all the same: no
 * Keras writes them.
 */
public final class KerasZip implements AutoCloseable {
  private static final int MOST_ENTRIES = 10_000;
  private static final long HIGHEST_RATIO = 200;
  private static final long SMALL = 1 << 20;
  private static final String WEIGHTS = "model.weights.h5";

  private final ZipFile zip;
  private final Map<String, ZipArchiveEntry> entries;

  private KerasZip(ZipFile zip, Map<String, ZipArchiveEntry> entries) {
    this.zip = zip;
    this.entries = entries;
  }

  public static KerasZip open(Path file) throws IOException {
    ZipFile zip;
    try {
      zip = ZipFile.builder().setPath(file).get();
    } catch (IOException | RuntimeException e) {
      throw Refusal.corrupt(
          "", "not readable as a zip: " + Reason.abbreviated(String.valueOf(e.getMessage())));
    }
    try {
      KerasZip opened = new KerasZip(zip, checked(zip));
      opened.identify();
      return opened;
    } catch (RuntimeException e) {
      zip.close();
      throw e;
    }
  }

  private static Map<String, ZipArchiveEntry> checked(ZipFile zip) {
    Map<String, ZipArchiveEntry> entries = new HashMap<>();
    Enumeration<ZipArchiveEntry> all = zip.getEntries();
    while (all.hasMoreElements()) {
      ZipArchiveEntry entry = all.nextElement();
      String name = entry.getName().replace('\\', '/'); // as Windows writes it
      if (entries.size() >= MOST_ENTRIES) {
        throw Refusal.limit("", "more than " + MOST_ENTRIES + " entries");
      }
      if (name.startsWith("/") || java.util.List.of(name.split("/")).contains("..")) {
        throw Refusal.corrupt(Reason.abbreviated(name), "an entry that leads out of the file");
      }
      if (entry.isUnixSymlink()) {
        throw Refusal.corrupt(Reason.abbreviated(name), "an entry that is a link");
      }
      if (entries.put(name, entry) != null) {
        throw Refusal.corrupt(Reason.abbreviated(name), "two entries of this name");
      }
      long ratio = entry.getSize() / Math.max(1, entry.getCompressedSize());
      if (entry.getSize() > SMALL && ratio > HIGHEST_RATIO) {
        throw new Refusal(
            Kind.LIMIT,
            Reason.abbreviated(name),
            "an entry that unpacks to " + ratio + " times its size",
            "save the model again with Keras");
      }
    }
    return entries;
  }

  private void identify() {
    if (entries.containsKey("config.json")) {
      if (!entries.containsKey(WEIGHTS)) {
        throw new Refusal(
            Kind.WEIGHTS_MISMATCH,
            WEIGHTS,
            "the entry is absent",
            "save the model again with Keras");
      }
      return;
    }
    if (entries.keySet().stream().anyMatch(n -> n.endsWith("data.pkl"))) {
      throw FileKind.foreign(
          "a PyTorch file", "Secateur reads Keras files; build the network in Keras");
    }
    if (entries.keySet().stream().anyMatch(n -> n.endsWith("saved_model.pb"))) {
      throw FileKind.foreign(
          "a zipped TensorFlow SavedModel", "load it in Keras and save it as .keras or .h5");
    }
    if (entries.keySet().stream().anyMatch(n -> n.endsWith(".npy"))) {
      throw FileKind.foreign("an NPZ archive of NumPy arrays", "name a model file");
    }
    throw FileKind.foreign("a zip without config.json", "save the model with model.save");
  }

  public String config() {
    return new String(bytes("config.json"), StandardCharsets.UTF_8);
  }

  public String metadata() {
    return entries.containsKey("metadata.json")
        ? new String(bytes("metadata.json"), StandardCharsets.UTF_8)
        : "{}";
  }

  public byte[] weights() {
    return bytes(WEIGHTS);
  }

  private byte[] bytes(String name) {
    ZipArchiveEntry entry = entries.get(name);
    long size = entry.getSize();
    if (size < 0 || size > Integer.MAX_VALUE - 16) {
      throw Refusal.limit(name, "an entry of " + size + " bytes");
    }
    try (InputStream in = zip.getInputStream(entry)) {
      byte[] content = in.readNBytes((int) size);
      if (content.length != size || in.read() >= 0) {
        throw Refusal.corrupt(name, "the entry has another size than the directory says");
      }
      return content;
    } catch (ZipException e) {
      throw Refusal.corrupt(name, "cannot be unpacked: " + e.getMessage());
    } catch (IOException | RuntimeException e) {
      throw e instanceof Refusal r ? r : Refusal.corrupt(name, "cannot be unpacked: " + e);
    }
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }
}
