package dev.secateur.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileSizeTest {
  @Test
  void aDirectoryIsAsLargeAsItsFilesTogether(@TempDir Path directory) throws IOException {
    Path first = Files.write(directory.resolve("a"), new byte[1000]);
    Path below = Files.createDirectory(directory.resolve("below"));
    Path second = Files.write(below.resolve("b"), new byte[2000]);
    FileSize all = FileSize.of(directory);
    assertThat(all.raw()).isEqualTo(3000);
    assertThat(all.zipped())
        .isBetween(FileSize.of(second).zipped(), FileSize.of(first).zipped() * 3)
        .isLessThan(all.raw());
  }
}
