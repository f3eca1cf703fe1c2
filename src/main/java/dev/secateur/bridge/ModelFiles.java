package dev.secateur.bridge;

import com.fasterxml.jackson.databind.JsonNode;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoredObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Finds a version's Keras model and gives it an address that workers can read: its own, where it is
 * in the object store, else that of a copy, which is removed when the order is answered. Files are
 * named and copied, never opened.
 */
final class ModelFiles {
  /** Of a logged model; a SavedModel has a few, and its variables' shards. */
  private static final int MOST_FILES = 2000;

  private static final String WHAT = "the version's source";

  private final MlflowClient mlflow;
  private final ObjectStore store;
  private final AllowedPrefixes allowed;
  private final Optional<ObjectUri> proxied;
  private final ObjectUri copies;
  private final Path directory;
  private final long maxBytes;

  /**
   * @param proxied where {@code mlflow-artifacts:/} lies, if that is in the store
   * @param copies prefix of models that MLflow alone can read
   * @param directory for files that are on their way
   * @param maxBytes of a model
   */
  ModelFiles(
      MlflowClient mlflow,
      ObjectStore store,
      AllowedPrefixes allowed,
      Optional<ObjectUri> proxied,
      ObjectUri copies,
      Path directory,
      long maxBytes) {
    this.mlflow = mlflow;
    this.store = store;
    this.allowed = allowed;
    this.proxied = proxied;
    this.copies = copies.resolve("");
    this.directory = directory;
    this.maxBytes = maxBytes;
  }

  /**
   * @param location as MLflow tells it
   * @param order whose the copy is, if there must be one
   */
  String address(String location, String order) throws Refusal {
    Place place = Place.of(WHAT, location, proxied);
    if (place instanceof Place.Stored stored) {
      return stored(allowed.require(WHAT, stored.uri().toString())).toString();
    }
    return copied(((Place.Proxied) place).path(), copies.resolve(order + "/")).toString();
  }

  private ObjectUri stored(ObjectUri uri) throws Refusal {
    // With its slash: "…/model" is also how "…/model-2/" begins.
    List<String> files = new ArrayList<>();
    String root = uri.resolve("").key();
    for (StoredObject object : store.list(uri.resolve(""), "", MOST_FILES + 1)) {
      files.add(object.uri().key().substring(root.length()));
    }
    if (files.isEmpty() && !uri.isPrefix() && store.stat(uri).isPresent()) {
      return uri;
    }
    requireFew(files);
    return uri.resolve(ModelTree.model(files));
  }

  private ObjectUri copied(String path, ObjectUri copy) throws Refusal {
    List<String> files = files(path);
    if (files.isEmpty()) {
      String name = path.substring(path.lastIndexOf('/') + 1);
      if (copy(path, copy.resolve(name), maxBytes).isPresent()) {
        return copy.resolve(name);
      }
    }
    String model = ModelTree.model(files);
    long left = maxBytes;
    for (String file : files) {
      boolean within = (model.endsWith("/") || model.isEmpty()) && file.startsWith(model);
      if (within || file.equals(model)) {
        OptionalLong bytes = copy(path + "/" + file, copy.resolve(file), left);
        left -= bytes.orElseThrow(() -> new Refusal(WHAT + ": " + file + ": is no longer there"));
      }
    }
    return copy.resolve(model);
  }

  /** What MLflow lists, directory by directory. */
  private List<String> files(String root) throws Refusal {
    List<String> files = new ArrayList<>();
    List<String> directories = new ArrayList<>(List.of(""));
    for (int next = 0; next < directories.size(); next++) {
      String directory = directories.get(next);
      for (JsonNode entry : mlflow.artifacts(root + "/" + directory)) {
        String name = directory + entry.path("path").asText();
        AllowedPrefixes.requireStraight(WHAT, name);
        if (entry.path("is_dir").asBoolean()) {
          directories.add(name + "/");
        } else {
          files.add(name);
        }
      }
      requireFew(files);
      requireFew(directories);
    }
    return files;
  }

  private static void requireFew(List<String> files) throws Refusal {
    if (files.size() > MOST_FILES) {
      throw new Refusal(
          WHAT + ": has more than " + MOST_FILES + " files; register the model's own directory");
    }
  }

  /** How many bytes it has; empty where there is no such file. */
  private OptionalLong copy(String path, ObjectUri target, long most) throws Refusal {
    Path local = directory.resolve("model");
    try {
      if (!mlflow.download(path, most, local)) {
        return OptionalLong.empty();
      }
      store.upload(local, target);
      return OptionalLong.of(Files.size(local));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (MlflowException e) {
      if (e.kind() == MlflowException.Kind.REFUSED) {
        throw new Refusal(WHAT + ": " + e.getMessage(), e);
      }
      throw e;
    } finally {
      delete(local);
    }
  }

  /** Removes the copy that was made for an order, if one was. */
  void forget(String order) {
    for (StoredObject object : store.list(copies.resolve(order + "/"))) {
      store.delete(object.uri());
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
