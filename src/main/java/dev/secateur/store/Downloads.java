package dev.secateur.store;

import dev.secateur.store.StoreException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/** The checks that every download passes. */
final class Downloads {
  private static final System.Logger LOG = System.getLogger(Downloads.class.getName());
  private static final int BUFFER = 1 << 16;

  private Downloads() {}

  static void requireSize(StoredObject object, long maxBytes) {
    if (object.bytes() > maxBytes) {
      throw new StoreException(
          Kind.TOO_LARGE,
          object.uri() + ": " + object.bytes() + " bytes; at most " + maxBytes + " are taken");
    }
  }

  /**
   * Appends at most {@code most} bytes and returns their number; a server that sends more than it
   * announced is not believed.
   *
   * @throws CancellationException if {@code cancelled} said so
   */
  static long append(InputStream in, Path part, long most, BooleanSupplier cancelled)
      throws IOException {
    long done = 0;
    try (OutputStream out = open(part)) {
      byte[] buffer = new byte[BUFFER];
      for (int n = in.read(buffer); n >= 0 && done < most; n = in.read(buffer)) {
        requireWanted(cancelled, part);
        int taken = (int) Math.min(n, most - done);
        write(out, buffer, taken, part);
        done += taken;
      }
    }
    return done;
  }

  private static OutputStream open(Path part) {
    try {
      return Files.newOutputStream(part, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw localTrouble(part, e);
    }
  }

  static void requireWanted(BooleanSupplier cancelled, Path part) {
    if (cancelled.getAsBoolean()) {
      throw new CancellationException(part + ": download stopped");
    }
  }

  /** A full disk here is not the store's trouble: asking again would not help. */
  private static void write(OutputStream out, byte[] buffer, int count, Path part) {
    try {
      out.write(buffer, 0, count);
    } catch (IOException e) {
      throw localTrouble(part, e);
    }
  }

  static void requireComplete(StoredObject object, Path part) throws IOException {
    long size = Files.size(part);
    if (size != object.bytes()) {
      throw new StoreException(
          Kind.UNAVAILABLE,
          object.uri() + ": ended after " + size + " of " + object.bytes() + " bytes");
    }
  }

  static void requireDigest(ObjectUri uri, Optional<String> expected, String digest) {
    if (expected.isPresent() && !expected.get().equals(digest)) {
      throw new StoreException(
          Kind.WRONG_DIGEST, uri + ": SHA-256 is " + digest + ", not " + expected.get());
    }
  }

  static StoreException localTrouble(Path file, IOException e) {
    return new StoreException(
        Kind.LOCAL, file + ": cannot be read or written on the local disk: " + e.getMessage(), e);
  }

  static void discard(Path part) {
    try {
      Files.deleteIfExists(part);
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, part + ": could not be deleted: " + e.getMessage());
    }
  }
}
