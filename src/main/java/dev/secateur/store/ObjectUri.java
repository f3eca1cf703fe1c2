package dev.secateur.store;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The address of an object, {@code s3://bucket/key}, or of all objects under a prefix, where the
 * key is empty or ends with a slash.
 */
public record ObjectUri(String bucket, String key) {
  private static final Pattern ADDRESS =
      Pattern.compile("s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?", Pattern.DOTALL);

  public ObjectUri {
    if (key.startsWith("/")) {
      throw new IllegalArgumentException("key " + key + ": must not begin with a slash");
    }
    for (String part : key.split("/", -1)) {
      if (part.equals("..") || part.equals(".")) {
        throw new IllegalArgumentException("key " + key + ": must not hold . or .. as a part");
      }
    }
  }

  /**
   * @throws IllegalArgumentException if {@code uri} is no {@code s3://bucket/key}
   */
  public static ObjectUri of(String uri) {
    Matcher address = ADDRESS.matcher(uri);
    if (!address.matches()) {
      throw new IllegalArgumentException(uri + ": must look like s3://bucket/key");
    }
    return new ObjectUri(address.group(1), address.group(2) == null ? "" : address.group(2));
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
    return "s3://" + bucket + "/" + key;
  }
}
