package dev.secateur.worker.run;

import dev.secateur.ledger.Tenure;
import dev.secateur.store.Digests;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoreException;
import dev.secateur.worker.Replies;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A job's files in the output bucket. They are only ever created: what a dead worker left behind is
 * taken as it is where it is the same, and left alone, in favour of a directory of this attempt's
 * own, where it is not. So no worker can change what another's result names.
 */
final class Artifacts {
  /** Written last: with it, a directory is complete. */
  private static final String MANIFEST = "manifest.json";

  /** Most of the time of a small file is the store's answer. */
  private static final int AT_ONCE = 4;

  /** For uploads that were stopped. */
  private static final Duration LAST_UPLOADS = Duration.ofSeconds(5);

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
    List<Path> early = files.stream().filter(file -> !file.endsWith(MANIFEST)).toList();
    List<Path> last = files.stream().filter(file -> file.endsWith(MANIFEST)).toList();
    boolean complete = together(early, target, artifacts) && together(last, target, artifacts);
    return complete ? Optional.of(artifacts) : Optional.empty();
  }

  /** Whether all are there now. */
  private boolean together(
      List<Path> files, ObjectUri target, Map<String, Replies.Artifact> artifacts) {
    ExecutorService uploads = Executors.newFixedThreadPool(AT_ONCE);
    try {
      List<Future<Optional<Replies.Artifact>>> started =
          files.stream().map(file -> uploads.submit(() -> push(file, target))).toList();
      for (int n = 0; n < started.size(); n++) {
        Optional<Replies.Artifact> artifact = started.get(n).get();
        if (artifact.isEmpty()) {
          return false;
        }
        artifacts.put(files.get(n).getFileName().toString(), artifact.get());
      }
      return true;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException trouble) {
        throw trouble;
      }
      throw new StoreException(
          StoreException.Kind.LOCAL, files.get(0).getParent() + ": cannot be read", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreException(StoreException.Kind.UNAVAILABLE, target + ": interrupted", e);
    } finally {
      uploads.shutdownNow();
      awaitEnd(uploads);
    }
  }

  /** The files are soon deleted, and the claim given back: nothing is to go on behind that. */
  private static void awaitEnd(ExecutorService uploads) {
    try {
      var unused = uploads.awaitTermination(LAST_UPLOADS.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Empty where another file has the name. */
  private Optional<Replies.Artifact> push(Path file, ObjectUri target) throws IOException {
    tenure.ensureHeld();
    ObjectUri uri = target.resolve(file.getFileName().toString());
    String sha256 = Digests.sha256(file);
    return store.createFrom(file, sha256, uri)
        ? Optional.of(new Replies.Artifact(uri, sha256, Files.size(file)))
        : Optional.empty();
  }

  private static List<Path> files(Path local) {
    try (Stream<Path> files = Files.list(local)) {
      return files
          .filter(Files::isRegularFile)
          .sorted(Comparator.comparing(Path::getFileName))
          .toList();
    } catch (IOException e) {
      throw new StoreException(StoreException.Kind.LOCAL, local + ": cannot be read", e);
    }
  }
}
