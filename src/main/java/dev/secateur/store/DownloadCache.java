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

  /** A tenth is cleared at once. */
  private static final int SLACK = 10;

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
    return fetch(object, sha256, limit, target, cancelled, new Look());
  }

  private Local fetch(
      StoredObject object,
      Optional<String> sha256,
      long limit,
      Path target,
      BooleanSupplier cancelled,
      Look look) {
    String identity = identity(object);
    synchronized (locks[Math.floorMod(identity.hashCode(), LOCKS)]) {
      try {
        Files.deleteIfExists(target);
        Optional<Path> kept = look.find(object, identity, sha256);
        if (kept.isPresent() && link(target, kept.get())) {
          return new Local(digest(kept.get()), object.bytes(), true);
        }
        boolean keep = object.bytes() <= maxBytes;
        if (keep) {
          look.makeRoom(object.bytes());
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
    Look look = new Look();
    StoredFolder.fetch(
        folder,
        store,
        limit,
        directory,
        (object, file) ->
            hit[0] &= fetch(object, Optional.empty(), limit, file, cancelled, look).hit(),
        cancelled);
    return hit[0];
  }

  /** As {@link #fetch}, of each of some objects, under the names that they have in their folder. */
  public void fetchAll(
      StoredFolder objects, long limit, Path directory, BooleanSupplier cancelled) {
    Look look = new Look();
    objects.fetch(
        directory,
        (object, file) -> fetch(object, Optional.empty(), limit, file, cancelled, look),
        cancelled);
  }

  /**
   * The cache as one fetch, or one of a whole folder, found it: it is gone through once, not for
   * each file. What others do meanwhile is seen when the room that was found is used up.
   */
  private final class Look {
    private final Map<Path, Long> sizes = sizes();
    private final Map<String, Path> byIdentity = new HashMap<>();
    private long room = maxBytes - sizes.values().stream().mapToLong(Long::longValue).sum();

    Look() {
      sizes.keySet().forEach(file -> byIdentity.put(name(file).split("-", 2)[0], file));
    }

    /** By the digest that is demanded, else by what the store says of the object. */
    Optional<Path> find(StoredObject object, String identity, Optional<String> sha256) {
      if (sha256.isEmpty()) {
        return Optional.ofNullable(byIdentity.get(identity))
            .filter(file -> sizes.get(file) == object.bytes());
      }
      return sizes.keySet().stream()
          .filter(file -> sizes.get(file) == object.bytes())
          .filter(file -> name(file).endsWith(sha256.get()))
          .findAny();
    }

    void makeRoom(long bytes) throws IOException {
      if (bytes > room) {
        room = clear(bytes);
      }
      room -= bytes;
    }
  }

  /** Bytes that the cache holds now. */
  public long bytes() {
    return sizes().values().stream().mapToLong(Long::longValue).sum();
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

  /** As exactly as the file system knows: several files are used within a millisecond. */
  private static FileTime used(Path file) throws IOException {
    try {
      return Files.getLastModifiedTime(file);
    } catch (NoSuchFileException e) {
      return FileTime.fromMillis(0); // another process has cleared it
    }
  }

  /**
   * Clears what was used longest ago, and somewhat more than it must: the next file will want room
   * too.
   *
   * @return the room that there is now
   */
  private long clear(long bytes) throws IOException {
    Map<Path, Long> sizes = sizes();
    Map<Path, FileTime> used = new HashMap<>();
    // Read once: others use the files while they are sorted.
    for (Path file : sizes.keySet()) {
      used.put(file, used(file));
    }
    List<Path> oldestFirst =
        sizes.keySet().stream().sorted(Comparator.comparing(used::get)).toList();
    long room = maxBytes - sizes.values().stream().mapToLong(Long::longValue).sum();
    long wanted = bytes > room ? Math.max(bytes, maxBytes / SLACK) : bytes;
    for (Path file : oldestFirst) {
      if (room >= wanted) {
        break;
      }
      room += sizes.get(file);
      Files.deleteIfExists(file);
    }
    return room;
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
