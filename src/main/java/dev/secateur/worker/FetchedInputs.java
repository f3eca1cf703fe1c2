package dev.secateur.worker;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.store.DownloadCache;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoreException;
import dev.secateur.worker.Inputs.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/** A job's inputs on the local disk, under the names they had; held until closed. */
final class FetchedInputs implements AutoCloseable {
  private final Map<Role, DownloadCache.Local> locals = new EnumMap<>(Role.class);
  private final Map<Role, Path> files = new EnumMap<>(Role.class);
  private final Inputs inputs;

  private FetchedInputs(Inputs inputs) {
    this.inputs = inputs;
  }

  static FetchedInputs fetch(
      Inputs inputs, DownloadCache cache, Limits limits, Path directory, JobMeters meters) {
    FetchedInputs fetched = new FetchedInputs(inputs);
    try {
      inputs.sources().forEach((role, input) -> fetched.add(role, input, cache, limits, meters));
      for (Map.Entry<Role, DownloadCache.Local> local : fetched.locals.entrySet()) {
        fetched.link(local.getKey(), local.getValue().file(), directory);
      }
      return fetched;
    } catch (IOException e) {
      fetched.close();
      throw new StoreException(StoreException.Kind.FULL, directory + ": cannot be written", e);
    } catch (RuntimeException e) {
      fetched.close();
      throw e;
    }
  }

  private void add(
      Role role, Inputs.Input input, DownloadCache cache, Limits limits, JobMeters meters) {
    long limit = role == Role.MODEL ? limits.model() : limits.dataset();
    DownloadCache.Local local = cache.fetch(input.object(), input.sha256(), limit);
    meters.cached(local.hit());
    locals.put(role, local);
  }

  private void link(Role role, Path cached, Path directory) throws IOException {
    Path link = place(directory, role, inputs.sources().get(role).object().uri());
    Files.createDirectories(link.getParent());
    files.put(role, Files.createSymbolicLink(link, cached.toAbsolutePath()));
  }

  /** Where an input is found while its job runs. */
  static Path place(Path directory, Role role, ObjectUri uri) {
    return directory.resolve(role.label()).resolve(uri.fileName());
  }

  Path model() {
    return files.get(Role.MODEL);
  }

  Path train() {
    return files.get(Role.TRAIN);
  }

  Optional<Path> evaluation() {
    return Optional.ofNullable(files.get(Role.EVALUATION));
  }

  Optional<Path> representative() {
    return Optional.ofNullable(files.get(Role.REPRESENTATIVE));
  }

  String modelSha256() {
    return locals.get(Role.MODEL).sha256();
  }

  /** The datasets, with the digests that they turned out to have. */
  ObjectNode datasets() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    locals.forEach(
        (role, local) -> {
          if (role != Role.MODEL) {
            json.putObject(role.label())
                .put("uri", inputs.sources().get(role).object().uri().toString())
                .put("sha256", local.sha256())
                .put("bytes", local.bytes());
          }
        });
    return json;
  }

  @Override
  public void close() {
    locals.values().forEach(DownloadCache.Local::close);
  }
}
