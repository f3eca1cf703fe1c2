package dev.secateur.job;

import com.google.common.base.Throwables;
import dev.secateur.dataset.SourceDigest;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * A file that a job is given, with the digest of its bytes: no byte is hashed twice, and nobody
 * waits for it who does not ask.
 */
public final class Input {
  private final Path file;
  private final CompletableFuture<String> sha256;

  private Input(Path file, CompletableFuture<String> sha256) {
    this.file = file;
    this.sha256 = sha256;
  }

  /**
   * @param sha256 as {@link #sha256} has it, computed where the file was first read
   */
  public Input(Path file, String sha256) {
    this(file, CompletableFuture.completedFuture(sha256));
  }

  /** Begins to read the file beside what the caller does. */
  public static Input of(Path file) {
    return new Input(file, CompletableFuture.supplyAsync(() -> digest(file)));
  }

  private static String digest(Path file) {
    try {
      return Files.isReadable(file) ? SourceDigest.of(file) : "";
    } catch (UncheckedIOException e) {
      return "";
    }
  }

  public Path file() {
    return file;
  }

  /**
   * Lower-case hexadecimal, of a folder as {@link SourceDigest} says; empty for what cannot be
   * read, which whoever opens it will say.
   */
  public String sha256() {
    try {
      return sha256.join();
    } catch (CompletionException e) {
      Throwables.throwIfUnchecked(e.getCause());
      throw e;
    }
  }

  /** As it is named in reports. */
  String name() {
    return file.getFileName().toString();
  }
}
