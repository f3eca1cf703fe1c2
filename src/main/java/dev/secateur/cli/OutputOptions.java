package dev.secateur.cli;

import picocli.CommandLine.Option;

/** How a command speaks. */
final class OutputOptions {
  @Option(names = "--json", description = "Print the result as JSON, and nothing else.")
  boolean json;

  @Option(
      names = {"-q", "--quiet"},
      description = "Print only the result, or only errors where it is a file.")
  boolean quiet;

  /** Whether progress is wanted. */
  boolean showsProgress() {
    return !quiet && !json;
  }
}
