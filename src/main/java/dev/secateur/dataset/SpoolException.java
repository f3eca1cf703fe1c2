package dev.secateur.dataset;

import java.io.IOException;

/** What a data set inflates to cannot be kept: the disk's trouble, and not the data set's. */
public final class SpoolException extends RuntimeException {
  private static final long serialVersionUID = 1;

  SpoolException(IOException cause) {
    super(
        System.getProperty("java.io.tmpdir")
            + ": cannot be written: "
            + cause.getMessage()
            + " (it takes what archives and compressed sets inflate to: give it room, or name"
            + " another directory with -Djava.io.tmpdir)",
        cause);
  }
}
