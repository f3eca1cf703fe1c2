package dev.secateur.worker;

import dev.secateur.ledger.Tenure;
import dev.secateur.store.Digests;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A job's files in the output bucket. They are only ever created: what a dead worker left behind is
 * taken as it is where it is the same, and left alone, in favour of a directory of this attempt's
 * own, where it is not. So no worker can change what another's result names.
 */
final class Artifacts {
  /** Written last: with it, a directory is complete. */
  private static final String MANIFEST = "manifest.json";

  private final ObjectStore store;
  private final ObjectUri directory;
  private final Tenure tenure;

  /**
   * @param directory {@code <output>/<model>/<version>/<jobKey12>}
   */
  Artifacts(ObjectStore store, ObjectUri directory, Tenure tenure) {
    this.store = store;
    this.directory = directory;
    this.tenure = tenure;
  }

  /** Stores all files of a local directory, by name. */
  Map<String, Replies.Artifact> push(Path local) {
    List<Path> files = files(local);
    return push(files, directory)
        .or(() -> push(files, new ObjectUri(directory.bucket(), directory.key() + own())))
        .orElseThrow(
            () ->
                new StoreException(
                    StoreException.Kind.FORBIDDEN,
                    directory + own() + ": holds files of another run; delete them to go on"));
  }

  private String own() {
    return "-" + tenure.epoch() + "-" + tenure.attempts();
  }

  private Optional<Map<String, Replies.Artifact>> push(List<Path> files, ObjectUri target) {
    Map<String, Replies.Artifact> artifacts = new LinkedHashMap<>();
    for (Path file : files) {
      tenure.ensureHeld();
      String name = file.getFileName().toString();
      ObjectUri uri = target.resolve(name);
      try {
        String sha256 = Digests.sha256(file);
        if (!store.createFrom(file, sha256, uri)) {
          return Optional.empty();
        }
        artifacts.put(name, new Replies.Artifact(uri, sha256, Files.size(file)));
      } catch (IOException e) {
        throw new StoreException(StoreException.Kind.LOCAL, file + ": cannot be read", e);
      }
    }
    return Optional.of(artifacts);
  }

  private static List<Path> files(Path local) {
    try (Stream<Path> files = Files.list(local)) {
      return files
          .filter(Files::isRegularFile)
          .sorted(
              Comparator.comparing((Path f) -> f.endsWith(MANIFEST))
                  .thenComparing(Path::getFileName))
          .toList();
    } catch (IOException e) {
      throw new StoreException(StoreException.Kind.LOCAL, local + ": cannot be read", e);
    }
  }
}
