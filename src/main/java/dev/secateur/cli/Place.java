package dev.secateur.cli;

import java.nio.file.Path;

/**
 * Where a model or a set is: a path, a pattern of paths, an address {@code s3://bucket/key}, a
 * prefix of objects {@code s3://bucket/prefix/}, or a pattern of their keys.
 */
record Place(String text) {
  private static final String S3 = "s3://";
  private static final String WILDCARDS = "*?[{";

  boolean isStored() {
    return text.startsWith(S3) || text.startsWith("s3a://");
  }

  /** As Hadoop's tools write it, too. */
  String address() {
    return S3 + text.substring(text.indexOf("//") + 2);
  }

  /** Of a place that is not in a store. */
  Path path() {
    return Path.of(text);
  }

  /** How much of the text comes before its first wildcard; all of it where there is none. */
  int plainLength() {
    for (int i = 0; i < text.length(); i++) {
      if (WILDCARDS.indexOf(text.charAt(i)) >= 0) {
        return i;
      }
    }
    return text.length();
  }

  boolean isPattern() {
    return plainLength() < text.length();
  }

  /** What follows the last slash but one at the very end. */
  String fileName() {
    String plain = text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
    return plain.substring(plain.lastIndexOf('/') + 1);
  }

  @Override
  public String toString() {
    return text;
  }
}
