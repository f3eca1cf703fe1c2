package dev.secateur.job;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.stream.Stream;

/**
 * Which build of a version runs. A version that is still worked on computes one thing today and
 * another tomorrow: what another build made is not what this one would make.
 */
final class EngineBuild {
  /** When the newest of the engine's own files was written; "" where that cannot be told. */
  static final String ID = read();

  private EngineBuild() {}

  private static String read() {
    CodeSource source = EngineBuild.class.getProtectionDomain().getCodeSource();
    if (source == null || source.getLocation() == null) {
      return "";
    }
    try (Stream<Path> files = Files.walk(Path.of(source.getLocation().toURI()))) {
      long newest = 0;
      for (Path file : (Iterable<Path>) files::iterator) {
        newest = Math.max(newest, Files.getLastModifiedTime(file).toMillis());
      }
      return Long.toString(newest);
    } catch (IOException | URISyntaxException | IllegalArgumentException e) {
      return "";
    }
  }
}
