package dev.secateur.evaluate;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
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
  /** Of a model that is a directory: of all its files. */
  public static FileSize of(Path file) {
    CountingStream counter = new CountingStream();
    long raw = 0;
    try (ZipOutputStream zip = new ZipOutputStream(counter)) {
      for (Path part : files(file)) {
        boolean whole = part.equals(file);
        Path name = whole ? file.getFileName() : file.relativize(part);
        zip.putNextEntry(new ZipEntry(name.toString()));
        raw += Files.copy(part, zip);
        zip.closeEntry();
      }
      zip.finish();
      return new FileSize(raw, counter.bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Path> files(Path file) throws IOException {
    if (!Files.isDirectory(file)) {
      return List.of(file);
    }
    try (Stream<Path> all = Files.walk(file, FileVisitOption.FOLLOW_LINKS)) {
      return all.filter(Files::isRegularFile).sorted().toList();
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
