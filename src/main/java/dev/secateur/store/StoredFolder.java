package dev.secateur.store;

import dev.secateur.store.StoreException.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * All objects under a prefix, as one. Its entity tag is a digest of theirs, so that what was looked
 * at is what is fetched, or nothing is.
 *
 * @param objects by key
 */
public record StoredFolder(ObjectUri prefix, List<StoredObject> objects) {
  /** What has more is a data lake, and no set. */
  private static final int MOST = 100_000;

  private static final int PAGE = 1000;

  /** Of a file, in bytes, with room for what is put behind it while it is fetched. */
  private static final int LONGEST_NAME = 240;

  public StoredFolder {
    objects = List.copyOf(objects);
  }

  /**
   * What is there now, if anything.
   *
   * @throws StoreException if there is too much
   */
  static Optional<StoredFolder> at(ObjectUri prefix, ObjectStore store) {
    List<StoredObject> files = new ArrayList<>();
    eachFile(prefix, store, files::add);
    return files.isEmpty() ? Optional.empty() : Optional.of(new StoredFolder(prefix, files));
  }

  /**
   * Those under a prefix whose names behind it are wanted, as they are now.
   *
   * @throws StoreException if there is too much
   */
  public static StoredFolder matching(
      ObjectUri prefix, Predicate<String> names, ObjectStore store) {
    List<StoredObject> files = new ArrayList<>();
    eachFile(
        prefix,
        store,
        object -> {
          if (names.test(object.uri().key().substring(prefix.key().length()))) {
            files.add(object);
          }
        });
    return new StoredFolder(prefix, files);
  }

  /**
   * What is at an address now: an object, or all under a prefix as one, of which no more than a
   * page is held at once.
   *
   * @throws StoreException if there is too much
   */
  public static Optional<StoredObject> look(ObjectUri address, ObjectStore store) {
    if (!address.isPrefix()) {
      return store.stat(address);
    }
    Summary summary = new Summary();
    eachFile(address, store, summary::add);
    return summary.count == 0 ? Optional.empty() : Optional.of(summary.asObject(address));
  }

  private static void eachFile(ObjectUri prefix, ObjectStore store, Consumer<StoredObject> each) {
    int count = 0;
    String after = "";
    List<StoredObject> page;
    do {
      page = store.list(prefix, after, PAGE);
      for (StoredObject object : page) {
        after = object.uri().key().substring(prefix.key().length());
        // Some tools write an empty object for a folder.
        if (!object.uri().isPrefix()) {
          count++;
          if (count > MOST) {
            throw new StoreException(
                Kind.TOO_LARGE, prefix + ": more than " + MOST + " objects; put them into shards");
          }
          each.accept(object);
        }
      }
    } while (page.size() == PAGE);
  }

  /** As if it were one object. */
  StoredObject asObject() {
    Summary summary = new Summary();
    objects.forEach(summary::add);
    return summary.asObject(prefix);
  }

  /** What is told of all objects together. */
  private static final class Summary {
    private final MessageDigest digest = Digests.sha256();
    private long bytes;
    private int count;

    void add(StoredObject object) {
      String line = object.uri().key() + "\n" + object.etag() + "\n" + object.bytes() + "\n";
      digest.update(line.getBytes(StandardCharsets.UTF_8));
      bytes += object.bytes();
      count++;
    }

    StoredObject asObject(ObjectUri prefix) {
      return new StoredObject(prefix, bytes, Digests.hex(digest.digest()), Duration.ZERO);
    }
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
    now.fetch(directory, fetcher, cancelled);
  }

  /**
   * Fetches all of them, under the same names.
   *
   * @param directory that receives them
   */
  void fetch(Path directory, Fetcher fetcher, BooleanSupplier cancelled) {
    for (StoredObject object : objects) {
      Downloads.requireWanted(cancelled, directory);
      Path file = place(directory, prefix, object.uri());
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
    boolean isLong =
        Stream.of(name.split("/"))
            .anyMatch(part -> part.getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME);
    Path file = name.startsWith("/") || isLong ? directory : directory.resolve(name);
    boolean taken = false;
    for (Path at = file; !at.equals(directory) && !taken; at = at.getParent()) {
      taken = at.equals(file) ? Files.exists(at) : Files.isRegularFile(at);
    }
    if (taken || isLong || name.startsWith("/") || name.contains("//")) {
      throw new StoreException(
          Kind.FORBIDDEN, object + ": is no name of a file beside the others (rename it)");
    }
    return file;
  }
}
