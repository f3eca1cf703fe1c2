package dev.secateur.dataset;

import java.io.IOException;
import java.nio.file.Path;

/** What a data set inflates to cannot be kept: the disk's trouble, and not the data set's. */
public final class SpoolException extends RuntimeException {
  private static final long serialVersionUID = 1;

  SpoolException(Path directory, IOException cause) {
    super(
        directory
            + ": cannot be written: "
            + cause.getMessage()
            + " (it takes what archives and compressed sets inflate to: give it room, or name"
            + " another directory: secateur.cache.directory for a worker, -Djava.io.tmpdir for the"
            + " command line)",
        cause);
  }
}
