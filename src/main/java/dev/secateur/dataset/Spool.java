package dev.secateur.dataset;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Temporary files that vanish with their last channel, however the process ends. */
final class Spool {
  private Spool() {}

  /**
   * An empty file that already has no name: where the system allows it, not even a crash keeps it.
   *
   * @throws SpoolException if there is no place for one
   */
  static FileChannel create() {
    try {
      Path file = Files.createTempFile("secateur-", ".spool");
      return FileChannel.open(
          file,
          StandardOpenOption.READ,
          StandardOpenOption.WRITE,
          StandardOpenOption.DELETE_ON_CLOSE);
    } catch (IOException e) {
      throw new SpoolException(e);
    }
  }

  /**
   * Writes all of {@code bytes} where the channel stands.
   *
   * @throws SpoolException if the disk does not take them
   */
  static void write(WritableByteChannel spool, ByteBuffer bytes) {
    try {
      while (bytes.hasRemaining()) {
        spool.write(bytes);
      }
    } catch (IOException e) {
      throw new SpoolException(e);
    }
  }

  /**
   * Writes all of {@code bytes} from {@code at}; what lies before it may be a hole.
   *
   * @throws SpoolException if the disk does not take them
   */
  static void write(FileChannel spool, ByteBuffer bytes, long at) {
    try {
      while (bytes.hasRemaining()) {
        spool.write(bytes, at + bytes.position());
      }
    } catch (IOException e) {
      throw new SpoolException(e);
    }
  }
}
