package dev.secateur.dataset;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What may be taken for the reading of one job's sets: bytes of temporary files below one
 * directory, which archives and compressed sets inflate to; bytes of the heap; pixels of one image.
 * Asked before it is taken. The temporary files have no names, so that not even a crash leaves
 * them.
 */
public final class Allowance {
  /** Images of 64 million pixels, where the heap has room for them. */
  public static final long PIXELS = 1L << 26;

  private final Path directory;
  private final long temporary;
  private final long heap;
  private final long pixels;
  private final AtomicLong left;

  /**
   * @param directory for temporary files; need not be there yet
   * @param temporary bytes of all of them
   * @param heap bytes
   * @param pixels of an image
   */
  public Allowance(Path directory, long temporary, long heap, long pixels) {
    this.directory = directory;
    this.temporary = temporary;
    this.heap = heap;
    this.pixels = pixels;
    this.left = new AtomicLong(temporary);
  }

  /** All that this process has, and temporary files where the system has them. */
  public static Allowance ofProcess() {
    return new Allowance(
        Path.of(System.getProperty("java.io.tmpdir")),
        Long.MAX_VALUE,
        Runtime.getRuntime().maxMemory(),
        PIXELS);
  }

  /** As much, of which nothing has been taken. */
  public Allowance anew() {
    return new Allowance(directory, temporary, heap, pixels);
  }

  /** For temporary files. */
  public Path directory() {
    return directory;
  }

  long temporary() {
    return temporary;
  }

  long heap() {
    return heap;
  }

  long pixels() {
    return pixels;
  }

  /**
   * An empty temporary file.
   *
   * @throws SpoolException if there is no place for one
   */
  public FileChannel file() {
    try {
      Path file = Files.createTempFile(Files.createDirectories(directory), "secateur-", ".spool");
      return FileChannel.open(
          file,
          StandardOpenOption.READ,
          StandardOpenOption.WRITE,
          StandardOpenOption.DELETE_ON_CLOSE);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /**
   * Writes all of {@code bytes} where the channel stands.
   *
   * @throws SpoolException if the disk does not take them
   * @throws DatasetException if no more may be taken
   */
  public void write(WritableByteChannel file, ByteBuffer bytes) {
    take(bytes.remaining());
    try {
      while (bytes.hasRemaining()) {
        file.write(bytes);
      }
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /**
   * Writes all of {@code bytes} from {@code at}; what lies before it may be a hole.
   *
   * @throws SpoolException if the disk does not take them
   * @throws DatasetException if no more may be taken
   */
  void write(FileChannel file, ByteBuffer bytes, long at) {
    take(bytes.remaining());
    try {
      while (bytes.hasRemaining()) {
        file.write(bytes, at + bytes.position());
      }
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /** Memory that lies in a temporary file. */
  ByteBuffer map(int bytes) {
    take(bytes);
    // The mapping keeps the nameless file after its channel is closed, and no longer than itself.
    try (FileChannel file = file()) {
      return file.map(MapMode.READ_WRITE, 0, bytes);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private void take(long bytes) {
    if (left.addAndGet(-bytes) < 0) {
      give(bytes);
      throw new DatasetException(
          directory,
          "",
          "the job's sets inflate to more than the " + temporary + " bytes that they may",
          "smaller sets, or a larger secateur.limits.temporary");
    }
  }

  void give(long bytes) {
    left.addAndGet(bytes);
  }

  /** The disk's trouble, and not the set's. */
  SpoolException unwritable(IOException cause) {
    return new SpoolException(directory, cause);
  }
}
