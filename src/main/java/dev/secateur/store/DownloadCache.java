package dev.secateur.store;

import dev.secateur.store.StoreException.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Downloaded objects on the local disk, by digest and bounded in size; the least recently used go
 * first, but never one that a job holds.
 *
 * <p>Several processes may share the directory: files appear by renaming and are complete; one that
 * another process deleted is a miss.
 */
public final class DownloadCache {
  private static final String ARRIVING = "arriving-";

  private final ObjectStore store;
  private final Path files;
  private final Path index;
  private final long maxBytes;

  /** How many jobs hold a digest's file. Guarded by this. */
  private final Map<String, Integer> held = new HashMap<>();

  /** An object on the local disk, kept until it is closed. */
  public record Local(Path file, String sha256, long bytes, boolean hit, Runnable release)
      implements AutoCloseable {
    @Override
    public void close() {
      release.run();
    }
  }

  public DownloadCache(ObjectStore store, Path directory, long maxBytes) {
    this.store = store;
    this.files = directory.resolve("objects");
    this.index = directory.resolve("index");
    this.maxBytes = maxBytes;
    try {
      Files.createDirectories(files);
      Files.createDirectories(index);
    } catch (IOException e) {
      throw new StoreException(Kind.FULL, directory + ": cannot be created", e);
    }
  }

  /**
   * The object's bytes as a local file.
   *
   * @param sha256 the digest that the bytes must have, if one is known
   */
  public synchronized Local fetch(StoredObject object, Optional<String> sha256, long limit) {
    try {
      Optional<String> known = sha256.isPresent() ? sha256 : indexed(object);
      if (known.isPresent() && isHere(known.get(), object)) {
        return local(known.get(), object, true);
      }
      makeRoom(object.bytes());
      Path arriving = Files.createTempFile(files, ARRIVING, "");
      try {
        String digest = store.download(object, sha256, limit, arriving);
        Files.move(arriving, files.resolve(digest), StandardCopyOption.ATOMIC_MOVE);
        Files.writeString(index.resolve(identity(object)), digest);
        return local(digest, object, false);
      } finally {
        Files.deleteIfExists(arriving);
      }
    } catch (IOException e) {
      throw Downloads.localTrouble(files, e);
    }
  }

  /** Bytes that the cache holds now. */
  public long bytes() {
    return sizes().values().stream().mapToLong(Long::longValue).sum();
  }

  private boolean isHere(String digest, StoredObject object) throws IOException {
    Path file = files.resolve(digest);
    return Files.exists(file) && Files.size(file) == object.bytes();
  }

  private Local local(String digest, StoredObject object, boolean hit) throws IOException {
    Path file = files.resolve(digest);
    Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
    held.merge(digest, 1, Integer::sum);
    return new Local(file, digest, object.bytes(), hit, () -> release(digest));
  }

  private synchronized void release(String digest) {
    held.computeIfPresent(digest, (d, holders) -> holders == 1 ? null : holders - 1);
  }

  private Optional<String> indexed(StoredObject object) throws IOException {
    Path entry = index.resolve(identity(object));
    return Files.exists(entry) ? Optional.of(Files.readString(entry).strip()) : Optional.empty();
  }

  private static String identity(StoredObject object) {
    return Digests.sha256(
        (object.uri() + "\n" + object.etag() + "\n" + object.bytes())
            .getBytes(StandardCharsets.UTF_8));
  }

  private void makeRoom(long bytes) throws IOException {
    Map<Path, Long> sizes = sizes();
    long total = sizes.values().stream().mapToLong(Long::longValue).sum() + bytes;
    List<Path> oldestFirst =
        sizes.keySet().stream()
            .filter(this::isFree)
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

  private boolean isFree(Path file) {
    String name = file.getFileName().toString();
    return !held.containsKey(name) && !name.startsWith(ARRIVING);
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
