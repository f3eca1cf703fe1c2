package dev.secateur.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.secateur.plan.Preprocessing;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AllowanceTest {
  private static final int SAMPLES = 100;
  private static final int VALUES = 1000;

  @TempDir Path directory;

  private Allowance allowance(long bytes) {
    return new Allowance(directory.resolve("own"), bytes, 1 << 20, Allowance.PIXELS);
  }

  private static ByteBuffer bytes(int count) {
    return ByteBuffer.allocate(count);
  }

  @Test
  void allFilesTogetherTakeNoMoreThanTheyMay() throws IOException {
    Allowance allowance = allowance(100);
    try (FileChannel one = allowance.file();
        FileChannel other = allowance.file()) {
      allowance.write(one, bytes(60));
      allowance.write(other, bytes(30), 1000);
      assertThatExceptionOfType(DatasetException.class)
          .isThrownBy(() -> allowance.write(one, bytes(11)))
          .withMessageContaining("more than the 100 bytes")
          .withMessageContaining("secateur.limits.temporary");
      allowance.write(one, bytes(10));
      allowance.anew().write(other, bytes(100));
    }
  }

  @Test
  void whatIsGivenBackMayBeTakenAgain() {
    SpooledBuffers buffers = new SpooledBuffers(allowance(3 << 20));
    for (int n = 0; n < 10; n++) {
      ByteBuffer buffer = buffers.allocate(2 << 20);
      assertThatExceptionOfType(DatasetException.class).isThrownBy(() -> buffers.allocate(2 << 20));
      buffers.release(buffer);
    }
  }

  @Test
  void filesLieBelowTheDirectoryAndHaveNoNames() throws IOException {
    try (FileChannel file = allowance(100).file()) {
      assertThat(file.isOpen()).isTrue();
      try (Stream<Path> named = Files.list(directory.resolve("own"))) {
        assertThat(named).isEmpty();
      }
    }
  }

  @Test
  void whereNoFileCanBeItIsNotTheSetsFault() throws IOException {
    Path taken = Files.writeString(directory.resolve("own"), "no directory");
    assertThatExceptionOfType(SpoolException.class)
        .isThrownBy(() -> allowance(100).file())
        .withMessageContaining(taken.toString());
  }

  /** Compressed: a hundredth of what it holds. */
  private Path compressed() throws IOException {
    Path file = directory.resolve("set.npz");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      zip.putNextEntry(new ZipEntry("x.npy"));
      zip.write(npy());
    }
    return file;
  }

  private static byte[] npy() {
    String header = "{'descr': '|u1', 'fortran_order': False, 'shape': (%d, %d), }";
    String padded = String.format("%-117s\n", String.format(header, SAMPLES, VALUES));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 118, 0});
    out.writeBytes(padded.getBytes(StandardCharsets.US_ASCII));
    out.writeBytes(new byte[SAMPLES * VALUES]);
    return out.toByteArray();
  }

  private static ReadOptions options(Allowance allowance, ReadOptions.Progress progress) {
    return new ReadOptions(0, Optional.empty(), Optional.empty(), progress, allowance);
  }

  private static Dataset open(Path file, ReadOptions options) {
    return Datasets.open(
        file, Datasets.Part.TRAIN, Preprocessing.NONE, Datasets.Expected.ANYTHING, options);
  }

  @Test
  void aSetThatInflatesToMoreThanItMayIsRefused() throws IOException {
    Path file = compressed();
    assertThat(Files.size(file)).isLessThan(SAMPLES * VALUES / 50);
    ReadOptions enough = options(allowance(SAMPLES * VALUES), ReadOptions.UNHEARD);
    try (Dataset set = open(file, enough)) {
      assertThat(set.size()).isEqualTo(SAMPLES);
    }
    ReadOptions less = options(allowance(SAMPLES * VALUES - 1), ReadOptions.UNHEARD);
    assertThatExceptionOfType(DatasetException.class).isThrownBy(() -> open(file, less));
  }

  @Test
  void inflatingCanBeStopped() throws IOException {
    Path file = compressed();
    List<Long> heard = new java.util.ArrayList<>();
    ReadOptions stopping =
        options(
            allowance(SAMPLES * VALUES),
            (set, rows) -> {
              heard.add(rows);
              throw new CancellationException("enough");
            });
    assertThatExceptionOfType(CancellationException.class).isThrownBy(() -> open(file, stopping));
    assertThat(heard).hasSize(1);
  }
}
