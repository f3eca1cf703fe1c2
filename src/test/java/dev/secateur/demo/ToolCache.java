package dev.secateur.demo;

import java.nio.file.Path;
import java.util.Optional;

/** Where {@code .ci/tools} builds and unpacks: outside the checkout, so that it outlives one. */
public final class ToolCache {
  public static final Path DIRECTORY =
      Path.of(
          Optional.ofNullable(System.getenv("SECATEUR_TOOLS"))
              .filter(directory -> !directory.isEmpty())
              .orElse(System.getProperty("user.home") + "/.cache/secateur"));

  private ToolCache() {}
}
