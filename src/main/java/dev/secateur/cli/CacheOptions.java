package dev.secateur.cli;

import dev.secateur.job.DirectoryProducts;
import dev.secateur.job.ProductStore;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Where jobs on this machine leave what others need as well. */
final class CacheOptions {
  @Option(
      names = "--cache",
      paramLabel = "DIR",
      description = {
        "Keeps what jobs that begin alike share, such as the original's outputs: 2 GiB at most,",
        "none unused for 30 days (default: secateur/products in the user's cache directory)."
      })
  Optional<Path> directory;

  @Option(names = "--no-cache", description = "Share nothing with other jobs.")
  boolean none;

  ProductStore products() {
    return none ? ProductStore.NONE : new DirectoryProducts(directory.orElseGet(CacheOptions::own));
  }

  /** As the XDG Base Directory Specification has it. */
  private static Path own() {
    String caches = System.getenv("XDG_CACHE_HOME");
    return (caches == null || caches.isBlank()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(caches))
        .resolve("secateur")
        .resolve("products");
  }
}
