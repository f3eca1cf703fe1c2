package dev.secateur.job;

import dev.secateur.dataset.SourceDigest;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file that a job is given, with the digest of its bytes: computed where they are first read, so
 * that no byte is hashed twice.
 *
 * @param sha256 lower-case hexadecimal, of a folder as {@link SourceDigest} says; empty for what
 *     cannot be read, which whoever opens it will say
 */
public record Input(Path file, String sha256) {
  /** Reads the file. */
  public static Input of(Path file) {
    try {
      return new Input(file, Files.isReadable(file) ? SourceDigest.of(file) : "");
    } catch (UncheckedIOException e) {
      return new Input(file, "");
    }
  }

  /** As it is named in reports. */
  String name() {
    return file.getFileName().toString();
  }
}
