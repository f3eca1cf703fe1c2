package dev.secateur.job;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * SHA-256 over fields, each with its length in four bytes before it, so that no two sequences of
 * fields run together.
 */
final class FieldsDigest {
  private final MessageDigest digest;

  FieldsDigest() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  FieldsDigest add(byte[] bytes) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      digest.update((byte) (bytes.length >> shift));
    }
    digest.update(bytes);
    return this;
  }

  FieldsDigest add(String text) {
    return add(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Lower-case hexadecimal. */
  String hex() {
    return HexFormat.of().formatHex(digest.digest());
  }
}
