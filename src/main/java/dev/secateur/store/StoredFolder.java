package dev.secateur.store;

import dev.secateur.store.StoreException.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * All objects under a prefix, as one. Its entity tag is a digest of theirs, so that what was looked
 * at is what is fetched, or nothing is.
 *
 * @param objects by key
 */
public record StoredFolder(ObjectUri prefix, List<StoredObject> objects) {
  /** Bound of a listing: what has more is a data lake, and no set. */
  private static final int MOST = 1_000_000;

  public StoredFolder {
    objects = List.copyOf(objects);
  }

  /**
   * What is there now, if anything.
   *
   * @throws StoreException if there is too much
   */
  public static Optional<StoredFolder> at(ObjectUri prefix, ObjectStore store) {
    List<StoredObject> objects = store.list(prefix, "", MOST + 1);
    if (objects.size() > MOST) {
      throw new StoreException(
          Kind.TOO_LARGE, prefix + ": more than " + MOST + " objects; at most so many are taken");
    }
    // Some tools write an empty object for a folder.
    List<StoredObject> files = objects.stream().filter(o -> !o.uri().isPrefix()).toList();
    return files.isEmpty() ? Optional.empty() : Optional.of(new StoredFolder(prefix, files));
  }

  /** What is at an address now: an object, or all under a prefix as one. */
  public static Optional<StoredObject> look(ObjectUri address, ObjectStore store) {
    return address.isPrefix()
        ? at(address, store).map(StoredFolder::asObject)
        : store.stat(address);
  }

  /** As if it were one object. */
  public StoredObject asObject() {
    StringBuilder text = new StringBuilder();
    objects.forEach(
        o ->
            text.append(o.uri().key())
                .append('\n')
                .append(o.etag())
                .append('\n')
                .append(o.bytes())
                .append('\n'));
    return new StoredObject(
        prefix,
        objects.stream().mapToLong(StoredObject::bytes).sum(),
        Digests.sha256(text.toString().getBytes(StandardCharsets.UTF_8)),
        Duration.ZERO);
  }

  /** Fetches one of the objects to a file of its own. */
  public interface Fetcher {
    void fetch(StoredObject object, Path file);
  }

  /**
   * Fetches what {@code folder} was when it was looked at, under the same names.
   *
   * @param folder {@link #asObject as one object}
   * @param directory that receives it
   * @throws StoreException if it has changed since, or is too large
   * @throws java.util.concurrent.CancellationException if {@code cancelled} said so
   */
  public static void fetch(
      StoredObject folder,
      ObjectStore store,
      long maxBytes,
      Path directory,
      Fetcher fetcher,
      BooleanSupplier cancelled) {
    Downloads.requireSize(folder, maxBytes);
    StoredFolder now =
        at(folder.uri(), store)
            .filter(f -> f.asObject().etag().equals(folder.etag()))
            .orElseThrow(
                () ->
                    new StoreException(
                        Kind.CHANGED, folder.uri() + ": other objects are there than there were"));
    for (StoredObject object : now.objects) {
      Downloads.requireWanted(cancelled, directory);
      Path file = place(directory, folder.uri(), object.uri());
      try {
        Files.createDirectories(file.getParent());
      } catch (IOException e) {
        throw Downloads.localTrouble(file, e);
      }
      fetcher.fetch(object, file);
    }
  }

  /**
   * Where an object lies in the folder.
   *
   * @throws StoreException if its name is none of a file there: a store's names are no paths
   */
  static Path place(Path directory, ObjectUri prefix, ObjectUri object) {
    String name = object.key().substring(prefix.key().length());
    Path file = name.startsWith("/") ? directory : directory.resolve(name);
    boolean taken = false;
    for (Path at = file; !at.equals(directory) && !taken; at = at.getParent()) {
      taken = at.equals(file) ? Files.exists(at) : Files.isRegularFile(at);
    }
    if (taken || name.startsWith("/") || name.contains("//")) {
      throw new StoreException(
          Kind.FORBIDDEN, object + ": is no name of a file beside the others (rename it)");
    }
    return file;
  }
}
