package dev.secateur.store;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;

/**
 * Objects by address. Each request is repeated for a while where trouble may pass, then ends in a
 * {@link StoreException}. Safe for several threads.
 */
public sealed interface ObjectStore extends AutoCloseable permits S3ObjectStore, DirectoryStore {
  /** What is there now, if anything. */
  Optional<StoredObject> stat(ObjectUri uri);

  /** What whoever put an object said of it, by names in small letters; empty where it is gone. */
  Map<String, String> metadata(ObjectUri uri);

  /**
   * Downloads the very object that {@code stat} saw. Goes on where it broke off; {@code target} is
   * complete and checked when this returns and absent when it throws.
   *
   * @param sha256 the digest that the bytes must have, if one is known
   * @param cancelled asked between pieces of at most 64 KiB
   * @return the digest that they have
   * @throws java.util.concurrent.CancellationException if {@code cancelled} said so
   */
  String download(
      StoredObject object,
      Optional<String> sha256,
      long maxBytes,
      Path target,
      BooleanSupplier cancelled);

  /** As above, to its end. */
  default String download(
      StoredObject object, Optional<String> sha256, long maxBytes, Path target) {
    return download(object, sha256, maxBytes, target, () -> false);
  }

  /** A small object's bytes, if it is there. */
  default Optional<byte[]> read(ObjectUri uri, int maxBytes) {
    return get(uri, maxBytes).map(Content::bytes);
  }

  /**
   * A small object's bytes.
   *
   * @param age since it was last written, by the store's own clock, which may count whole seconds
   */
  record Content(byte[] bytes, Duration age) {}

  /** A small object, if it is there. */
  Optional<Content> get(ObjectUri uri, int maxBytes);

  /** Writes a small object, over any that is there. */
  void write(ObjectUri uri, byte[] content);

  /**
   * Writes a small object unless one is there, atomically. After a lost answer this may say no of
   * an object that it wrote itself: who must know reads it.
   */
  Created create(ObjectUri uri, byte[] content);

  /** Writes a file as an object, over any that is there; in parts where it is large. */
  void upload(Path file, ObjectUri uri);

  /**
   * Writes a file as an object unless one is there, atomically.
   *
   * @return whether the object now has the file's bytes
   */
  boolean createFrom(Path file, String sha256, ObjectUri uri);

  /** The objects under a prefix, by key. */
  default List<StoredObject> list(ObjectUri prefix) {
    return list(prefix, "", Integer.MAX_VALUE);
  }

  /**
   * Some of the objects under a prefix, by key. Their ages are by this process's clock.
   *
   * @param after only those whose key continues the prefix with more than this; empty for all
   * @param most at most so many
   */
  List<StoredObject> list(ObjectUri prefix, String after, int most);

  /**
   * What is directly below a prefix that ends with a slash, in order; a name under which there is
   * more ends with a slash. For prefixes below which all names are of one of the two kinds: servers
   * differ in how they sort both. {@code after} and {@code most} as above.
   */
  List<String> names(ObjectUri prefix, String after, int most);

  /** Deletes an object; one that is not there is fine. */
  void delete(ObjectUri uri);

  /**
   * Removes what a bucket that keeps versions still keeps of objects below {@code prefix} that were
   * overwritten or deleted. Where none are kept there is nothing to do.
   */
  default void deleteOldVersions(ObjectUri prefix) {}

  /**
   * Asks nobody but the allow-list.
   *
   * @throws StoreException if objects under {@code prefix} may not be written
   */
  void requireWritable(ObjectUri prefix);

  /**
   * Tries whether objects under a prefix may be written, by a name that nobody else uses; nothing
   * is left of it.
   *
   * @throws StoreException if they may not
   */
  default void tryWriting(ObjectUri prefix) {
    ObjectUri probe = prefix.resolve(UUID.randomUUID().toString());
    write(probe, new byte[0]);
    delete(probe);
  }

  /** Asks for nothing but an answer. */
  void ping(String bucket);

  @Override
  void close();
}
