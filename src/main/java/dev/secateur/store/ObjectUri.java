package dev.secateur.store;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The address of an object, {@code s3://bucket/key}, or of all objects under a prefix, where the
 * key is empty or ends with a slash.
 *
 * @param version of the object, {@code ?versionId=…}; empty: the one that is current
 */
public record ObjectUri(String bucket, String key, Optional<String> version) {
  private static final Pattern ADDRESS =
      Pattern.compile(
          "s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*?))?(?:\\?versionId=([^?&#/]+))?",
          Pattern.DOTALL);

  private static final String VERSION = "?versionId=";

  public ObjectUri(String bucket, String key) {
    this(bucket, key, Optional.empty());
  }

  public ObjectUri {
    if (key.startsWith("/")) {
      throw new IllegalArgumentException("key " + key + ": must not begin with a slash");
    }
    for (String part : key.split("/", -1)) {
      if (part.equals("..") || part.equals(".")) {
        throw new IllegalArgumentException("key " + key + ": must not hold . or .. as a part");
      }
    }
    if (key.contains(VERSION)) {
      throw new IllegalArgumentException(
          "key " + key + ": must not hold " + VERSION + ", which names a version behind a key");
    }
    if (version.isPresent() && (key.isEmpty() || key.endsWith("/"))) {
      throw new IllegalArgumentException(
          "key " + key + ": a prefix has no versions; name one object");
    }
  }

  /**
   * @throws IllegalArgumentException if {@code uri} is no {@code s3://bucket/key} or {@code
   *     s3://bucket/key?versionId=version}
   */
  public static ObjectUri of(String uri) {
    Matcher address = ADDRESS.matcher(uri);
    if (!address.matches()) {
      throw new IllegalArgumentException(uri + ": must look like s3://bucket/key");
    }
    return new ObjectUri(
        address.group(1),
        Optional.ofNullable(address.group(2)).orElse(""),
        Optional.ofNullable(address.group(3)));
  }

  /** The object or prefix {@code name} below this prefix. */
  public ObjectUri resolve(String name) {
    String prefix = key.isEmpty() || key.endsWith("/") ? key : key + "/";
    return new ObjectUri(bucket, prefix + name);
  }

  /** Whether this is all objects under a prefix. */
  public boolean isPrefix() {
    return key.isEmpty() || key.endsWith("/");
  }

  /** What follows the last slash; of a prefix, what follows the one before. */
  public String fileName() {
    String name = key.endsWith("/") ? key.substring(0, key.length() - 1) : key;
    return name.substring(name.lastIndexOf('/') + 1);
  }

  /** Whether {@code other} is this prefix or below it. */
  public boolean contains(ObjectUri other) {
    String prefix = resolve("").key();
    return bucket.equals(other.bucket) && other.resolve("").key().startsWith(prefix);
  }

  @Override
  public String toString() {
    return "s3://" + bucket + "/" + key + version.map(v -> VERSION + v).orElse("");
  }
}
