package dev.secateur.keras.file;

import dev.secateur.keras.refusal.Kind;
import dev.secateur.keras.refusal.Refusal;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;

/** A {@code .keras} file: a zip of the configuration, the weights and what is said about both. */
public final class KerasZip implements AutoCloseable {
  private static final String CONFIG = "config.json";
  private static final String METADATA = "metadata.json";
  private static final String WEIGHTS = "model.weights.h5";

  private final ZipEntries zip;

  private KerasZip(ZipEntries zip) {
    this.zip = zip;
  }

  public static KerasZip open(Path file) throws IOException {
    ZipEntries zip = ZipEntries.open(file);
    try {
      identify(zip.names());
      return new KerasZip(zip);
    } catch (RuntimeException e) {
      zip.close();
      throw e;
    }
  }

  /** Whether a zip with these names is a SavedModel's directory. */
  static boolean isSavedModel(Set<String> names) {
    return !names.contains(CONFIG) && names.stream().anyMatch(SavedModelFiles::isModel);
  }

  private static void identify(Set<String> names) {
    if (names.contains(CONFIG)) {
      if (!names.contains(WEIGHTS)) {
        throw new Refusal(
            Kind.WEIGHTS_MISMATCH,
            WEIGHTS,
            "the entry is absent",
            "save the model again with Keras");
      }
      return;
    }
    if (names.stream().anyMatch(n -> n.endsWith("data.pkl"))) {
      throw FileKind.foreign(
          "a PyTorch file", "Secateur reads Keras files; build the network in Keras");
    }
    if (names.stream().anyMatch(n -> n.endsWith(".npy"))) {
      throw FileKind.foreign("an NPZ archive of NumPy arrays", "name a model file");
    }
    throw FileKind.foreign("a zip without config.json", "save the model with model.save");
  }

  public String config() {
    return new String(zip.bytes(CONFIG), StandardCharsets.UTF_8);
  }

  public String metadata() {
    return zip.names().contains(METADATA)
        ? new String(zip.bytes(METADATA), StandardCharsets.UTF_8)
        : "{}";
  }

  public byte[] weights() {
    return zip.bytes(WEIGHTS);
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }
}
