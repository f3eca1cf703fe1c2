package dev.secateur.evaluate;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Size of a file, in bytes.
 *
 * @param raw as it lies on disk
 * @param zipped as a zip (DEFLATE) that holds only this file: how the TensorFlow Model Optimization
 *     tutorial shows what sparsity saves
 */
public record FileSize(long raw, long zipped) {
  public static FileSize of(Path file) {
    CountingStream counter = new CountingStream();
    try (ZipOutputStream zip = new ZipOutputStream(counter)) {
      zip.putNextEntry(new ZipEntry(file.getFileName().toString()));
      Files.copy(file, zip);
      zip.closeEntry();
      zip.finish();
      return new FileSize(Files.size(file), counter.bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final class CountingStream extends OutputStream {
    private long bytes;

    @Override
    public void write(int b) {
      bytes++;
    }

    @Override
    public void write(byte[] b, int from, int length) {
      bytes += length;
    }
  }
}
