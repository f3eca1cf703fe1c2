package dev.secateur.store;

import java.util.Set;

/**
 * The buckets that may be read and those that may be written (and read); all others are not asked.
 */
public record AllowedBuckets(Set<String> read, Set<String> write) {
  public AllowedBuckets {
    read = Set.copyOf(read);
    write = Set.copyOf(write);
  }

  void requireReadable(ObjectUri uri) {
    if (!read.contains(uri.bucket()) && !write.contains(uri.bucket())) {
      throw new StoreException(
          StoreException.Kind.FORBIDDEN,
          uri + ": bucket " + uri.bucket() + " is not in secateur.store.read-buckets");
    }
  }

  void requireWritable(ObjectUri uri) {
    if (uri.version().isPresent()) {
      throw new StoreException(
          StoreException.Kind.FORBIDDEN, uri + ": a version is written once, by the store");
    }
    if (!write.contains(uri.bucket())) {
      throw new StoreException(
          StoreException.Kind.FORBIDDEN,
          uri + ": bucket " + uri.bucket() + " is not in secateur.store.write-buckets");
    }
  }
}
