package dev.secateur.worker;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * Whether the work directory takes files. Asked where a job could not write one and its own files
 * are gone: a disk that is full without them is the worker's trouble and no job's.
 */
final class Disk {
  /** Below it not even the smallest job has room. */
  private static final int LEAST = 16 << 20;

  private final Path directory;

  Disk(Path directory) {
    this.directory = directory;
  }

  /** Empty: it holds. */
  Optional<String> trouble() {
    try {
      // One of its own: several threads may ask at once.
      Path probe = Files.createTempFile(directory, "probe", null);
      FileStore disk = Files.getFileStore(directory);
      if (disk.getUsableSpace() < LEAST) {
        return Optional.of(
            directory + ": has room for " + disk.getUsableSpace() + " bytes; needed are " + LEAST);
      }
      byte[] content = new byte[1 << 20];
      Arrays.fill(content, (byte) 1);
      Files.write(probe, content);
      Files.delete(probe);
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(directory + ": cannot be written: " + e);
    }
  }
}
