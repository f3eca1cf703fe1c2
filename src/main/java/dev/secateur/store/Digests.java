package dev.secateur.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Lower-case hexadecimal; SHA-256 where nothing else is said. */
public final class Digests {
  private static final int BUFFER = 1 << 16;

  private Digests() {}

  public static String sha256(byte[] bytes) {
    return hex(sha256().digest(bytes));
  }

  public static String sha256(Path file) throws IOException {
    MessageDigest digest = sha256();
    try (InputStream in = Files.newInputStream(file)) {
      byte[] buffer = new byte[BUFFER];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
      }
    }
    return hex(digest.digest());
  }

  static MessageDigest sha256() {
    return digest("SHA-256");
  }

  /** Guards against accidents alone; it is what S3 tells of an object. */
  static String md5(byte[] bytes) {
    return hex(digest("MD5").digest(bytes));
  }

  private static MessageDigest digest(String algorithm) {
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has " + algorithm, e);
    }
  }

  static String hex(byte[] digest) {
    return HexFormat.of().formatHex(digest);
  }
}
