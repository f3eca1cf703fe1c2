package dev.secateur.keras.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files are told apart by what they begin with. */
class FileKindTest {
  private static final byte[] HDF5 = {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

  /** What a local file header takes, before the name. */
  private static final int HEADER = 30;

  @TempDir Path directory;

  /** Where an HDF5 file would have a user block before it, a zip's entry can begin as well. */
  @ParameterizedTest
  @ValueSource(ints = {511, 512, 1024, 4096, 1 << 20})
  void zipWithWeightsAnywhereIsZip(int at) throws IOException {
    Path file = directory.resolve("model");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      store(zip, "config.json", new byte[at - 2 * HEADER - "config.json".length() - 1]);
      store(zip, "h", HDF5);
    }
    byte[] written = Files.readAllBytes(file);
    assertThat(written[at]).as("the test's own arithmetic").isEqualTo(HDF5[0]);
    assertThat(FileKind.of(file)).isEqualTo(KerasFormat.KERAS);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 512, 1024, 4096, 1 << 20})
  void hdf5MayHaveAUserBlock(int at) throws IOException {
    Path file = directory.resolve("model");
    byte[] content = new byte[at + HDF5.length];
    System.arraycopy(HDF5, 0, content, at, HDF5.length);
    Files.write(file, content);
    assertThat(FileKind.of(file)).isEqualTo(KerasFormat.H5);
  }

  private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
    CRC32 crc = new CRC32();
    crc.update(content);
    ZipEntry entry = new ZipEntry(name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.length);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }
}
