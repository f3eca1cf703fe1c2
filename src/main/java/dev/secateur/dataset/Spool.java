package dev.secateur.dataset;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Temporary files that vanish with their last channel, however the process ends. */
final class Spool {
  private Spool() {}

  /**
   * An empty file that already has no name: where the system allows it, not even a crash keeps it.
   */
  static FileChannel create() throws IOException {
    Path file = Files.createTempFile("secateur-", ".spool");
    return FileChannel.open(
        file,
        StandardOpenOption.READ,
        StandardOpenOption.WRITE,
        StandardOpenOption.DELETE_ON_CLOSE);
  }
}
