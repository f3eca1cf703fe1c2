package dev.secateur.store;

import dev.secateur.store.StoreException.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * Downloaded objects on the local disk, bounded in size; the least recently used go first.
 *
 * <p>Who asks for an object gets a hard link of his own, so that nobody who clears the cache, in
 * this process or in another that shares the directory, takes a file from under a job. A kept
 * file's name says what it is: {@code <identity>-<sha256>}, the identity being a digest of address,
 * entity tag and size.
 */
public final class DownloadCache {
  /** Objects that are fetched at once without waiting for each other. */
  private static final int LOCKS = 16;

  private final ObjectStore store;
  private final Path files;
  private final long maxBytes;
  private final Object[] locks = Stream.generate(Object::new).limit(LOCKS).toArray();

  /** An object on the local disk, at the path that was asked for. */
  public record Local(String sha256, long bytes, boolean hit) {}

  public DownloadCache(ObjectStore store, Path directory, long maxBytes) {
    this.store = store;
    this.files = directory.resolve("objects");
    this.maxBytes = maxBytes;
    try {
      Files.createDirectories(files);
    } catch (IOException e) {
      throw new StoreException(Kind.LOCAL, directory + ": cannot be created", e);
    }
  }

  /**
   * The object's bytes as a local file, the caller's to delete and not to change.
   *
   * @param sha256 the digest that the bytes must have, if one is known
   * @param target a path on the cache's own file system; what is there is replaced
   * @throws java.util.concurrent.CancellationException if {@code cancelled} said so
   */
  public Local fetch(
      StoredObject object,
      Optional<String> sha256,
      long limit,
      Path target,
      BooleanSupplier cancelled) {
    String identity = identity(object);
    synchronized (locks[Math.floorMod(identity.hashCode(), LOCKS)]) {
      try {
        Files.deleteIfExists(target);
        Optional<Path> kept = find(object, identity, sha256);
        if (kept.isPresent() && link(target, kept.get())) {
          return new Local(digest(kept.get()), object.bytes(), true);
        }
        boolean keep = object.bytes() <= maxBytes;
        if (keep) {
          makeRoom(object.bytes());
        }
        String digest = store.download(object, sha256, limit, target, cancelled);
        if (keep) {
          link(files.resolve(identity + "-" + digest), target);
        }
        return new Local(digest, object.bytes(), false);
      } catch (IOException e) {
        throw Downloads.localTrouble(target, e);
      }
    }
  }

  /**
   * As {@link #fetch}, of all objects under a prefix, each of which is kept by itself.
   *
   * @param folder as {@link StoredFolder#asObject} says
   * @param directory that receives them
   * @return whether all were here
   */
  public boolean fetchFolder(
      StoredObject folder, long limit, Path directory, BooleanSupplier cancelled) {
    boolean[] hit = {true};
    StoredFolder.fetch(
        folder,
        store,
        limit,
        directory,
        (object, file) -> hit[0] &= fetch(object, Optional.empty(), limit, file, cancelled).hit(),
        cancelled);
    return hit[0];
  }

  /** Bytes that the cache holds now. */
  public long bytes() {
    return sizes().values().stream().mapToLong(Long::longValue).sum();
  }

  /** By the digest that is demanded, else by what the store says of the object. */
  private Optional<Path> find(StoredObject object, String identity, Optional<String> sha256) {
    String demanded = sha256.orElse("");
    return sizes().entrySet().stream()
        .filter(file -> file.getValue() == object.bytes())
        .map(Map.Entry::getKey)
        .filter(file -> sha256.isPresent() || name(file).startsWith(identity))
        .filter(file -> name(file).endsWith(demanded))
        .findAny();
  }

  /** False where the file is gone: another process needed the room. */
  private static boolean link(Path link, Path file) throws IOException {
    try {
      Files.createLink(link, file);
    } catch (FileAlreadyExistsException e) {
      // Two processes fetched the same object at once; both files are the same.
      return true;
    } catch (NoSuchFileException e) {
      return false;
    }
    Files.setLastModifiedTime(link, FileTime.from(Instant.now()));
    return true;
  }

  private static String identity(StoredObject object) {
    return Digests.sha256(
        (object.uri() + "\n" + object.etag() + "\n" + object.bytes())
            .getBytes(StandardCharsets.UTF_8));
  }

  private static String digest(Path file) {
    return name(file).substring(name(file).indexOf('-') + 1);
  }

  private static String name(Path file) {
    return file.getFileName().toString();
  }

  private void makeRoom(long bytes) throws IOException {
    Map<Path, Long> sizes = sizes();
    long total = sizes.values().stream().mapToLong(Long::longValue).sum() + bytes;
    List<Path> oldestFirst =
        sizes.keySet().stream()
            .sorted(Comparator.comparingLong(file -> file.toFile().lastModified()))
            .toList();
    for (Path file : oldestFirst) {
      if (total <= maxBytes) {
        return;
      }
      total -= sizes.get(file);
      Files.deleteIfExists(file);
    }
  }

  private Map<Path, Long> sizes() {
    Map<Path, Long> sizes = new HashMap<>();
    try (Stream<Path> all = Files.list(files)) {
      all.forEach(file -> sizes.put(file, file.toFile().length()));
    } catch (IOException e) {
      throw Downloads.localTrouble(files, e);
    }
    return sizes;
  }
}
