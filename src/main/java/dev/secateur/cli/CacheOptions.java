package dev.secateur.cli;

import dev.secateur.job.DirectoryProducts;
import dev.secateur.job.JobException;
import dev.secateur.job.ProductStore;
import dev.secateur.result.FailureReason;
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

  /**
   * @throws JobException if both options are given
   */
  ProductStore products() {
    if (none && directory.isPresent()) {
      throw new JobException(
          FailureReason.PLAN_INVALID, "--no-cache: contradicts --cache DIR (leave one out)");
    }
    Optional<Path> used = none ? Optional.empty() : directory.or(CacheOptions::own);
    return used.<ProductStore>map(DirectoryProducts::new).orElse(ProductStore.NONE);
  }

  /** As the XDG Base Directory Specification has it; empty for users who have no home. */
  private static Optional<Path> own() {
    String caches = System.getenv("XDG_CACHE_HOME");
    Path parent =
        caches == null || caches.isBlank()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(caches);
    return Optional.of(parent.resolve("secateur").resolve("products")).filter(Path::isAbsolute);
  }
}
