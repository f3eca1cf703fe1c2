package dev.secateur.keras.file;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.graph.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Hdf5WriterTest {
  @TempDir Path directory;

  /** The C library's tables are the process': written at once, files would end it. */
  @Test
  void jobsOfOneProcessWriteAtTheSameTime() throws Exception {
    List<byte[]> files =
        IntStream.range(0, 64).parallel().mapToObj(i -> written("file-" + i)).toList();

    byte[] alone = written("alone");
    assertThat(files).allSatisfy(file -> assertThat(file).isEqualTo(alone));
  }

  private byte[] written(String name) {
    Path file = directory.resolve(name);
    try (Hdf5Writer writer = new Hdf5Writer(file)) {
      for (int i = 0; i < 20; i++) {
        writer.group("/layers/" + i);
        writer.attribute("/layers/" + i, "names", List.of("kernel", "bias"));
        writer.dataset("/layers/" + i + "/kernel", Shape.of(2, 3), new float[] {1, 2, 3, 4, 5, i});
      }
    }
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
