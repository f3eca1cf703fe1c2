package dev.secateur.worker.run;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.job.Input;
import dev.secateur.store.DownloadCache;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoreException;
import dev.secateur.store.StoredObject;
import dev.secateur.worker.JobMeters;
import dev.secateur.worker.Limits;
import dev.secateur.worker.StoredInputs;
import dev.secateur.worker.StoredInputs.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** A job's inputs on the local disk, under the names they had. */
final class FetchedInputs {
  private final Map<Role, DownloadCache.Local> locals = new EnumMap<>(Role.class);
  private final Map<Role, Path> files = new EnumMap<>(Role.class);
  private final StoredInputs inputs;

  private FetchedInputs(StoredInputs inputs) {
    this.inputs = inputs;
  }

  /**
   * Fetches them all into {@code directory}, which is the caller's to delete.
   *
   * @throws java.util.concurrent.CancellationException if {@code cancelled} said so
   */
  static FetchedInputs fetch(
      StoredInputs inputs,
      DownloadCache cache,
      Limits limits,
      Path directory,
      JobMeters meters,
      BooleanSupplier cancelled) {
    FetchedInputs fetched = new FetchedInputs(inputs);
    inputs
        .sources()
        .forEach(
            (role, input) -> {
              Path file = place(directory, role, input.object().uri());
              createDirectory(file.getParent());
              long limit = role.isOfModel() ? limits.model() : limits.dataset();
              DownloadCache.Local local =
                  input.object().uri().isPrefix()
                      ? folder(cache, input, limit, file, cancelled)
                      : cache.fetch(input.object(), input.sha256(), limit, file, cancelled);
              meters.cached(local.hit());
              fetched.locals.put(role, local);
              fetched.files.put(role, file);
            });
    return fetched;
  }

  /** All objects under a prefix; their digest is that of a folder with these files. */
  private static DownloadCache.Local folder(
      DownloadCache cache,
      StoredInputs.Input input,
      long limit,
      Path directory,
      BooleanSupplier cancelled) {
    StoredObject object = input.object();
    boolean hit = cache.fetchFolder(object, limit, directory, cancelled);
    String sha256 = Input.of(directory).sha256();
    if (input.sha256().filter(wanted -> !wanted.equals(sha256)).isPresent()) {
      throw new StoreException(
          StoreException.Kind.WRONG_DIGEST,
          object.uri() + ": SHA-256 is " + sha256 + ", not " + input.sha256().get());
    }
    return new DownloadCache.Local(sha256, object.bytes(), hit);
  }

  private static void createDirectory(Path directory) {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new StoreException(StoreException.Kind.LOCAL, directory + ": cannot be written", e);
    }
  }

  /** Where an input is found while its job runs. */
  static Path place(Path directory, Role role, ObjectUri uri) {
    return directory.resolve(role.label()).resolve(uri.fileName());
  }

  Input model() {
    return input(Role.MODEL).orElseThrow();
  }

  Optional<Input> architecture() {
    return input(Role.ARCHITECTURE);
  }

  Optional<Input> train() {
    return input(Role.TRAIN);
  }

  Optional<Input> evaluation() {
    return input(Role.EVALUATION);
  }

  Optional<Input> representative() {
    return input(Role.REPRESENTATIVE);
  }

  private Optional<Input> input(Role role) {
    return Optional.ofNullable(files.get(role))
        .map(file -> new Input(file, locals.get(role).sha256()));
  }

  String modelSha256() {
    return locals.get(Role.MODEL).sha256();
  }

  /** The datasets, with the digests that they turned out to have. */
  ObjectNode datasets() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    locals.forEach(
        (role, local) -> {
          if (!role.isOfModel()) {
            json.putObject(role.label())
                .put("uri", inputs.sources().get(role).object().uri().toString())
                .put("sha256", local.sha256())
                .put("bytes", local.bytes());
          }
        });
    return json;
  }
}
