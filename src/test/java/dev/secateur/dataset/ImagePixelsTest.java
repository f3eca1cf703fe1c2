package dev.secateur.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Small images of every kind, beside what TensorFlow decoded them to ({@code images/make.py}). */
class ImagePixelsTest {
  private static final Path IMAGES = Path.of("src/test/resources/dataset/images");

  /** An image, and what TensorFlow made of it with some number of channels. */
  private record Decoded(Path image, Path pixels, int channels) {
    @Override
    public String toString() {
      return pixels.getFileName().toString();
    }
  }

  private static List<String> names() {
    try (Stream<Path> files = Files.list(IMAGES)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<Decoded> decoded(String ending) {
    return names().stream()
        .filter(n -> n.endsWith(ending))
        .map(n -> n.split("\\."))
        .map(
            n ->
                new Decoded(
                    IMAGES.resolve(n[0] + "." + n[1]),
                    IMAGES.resolve(String.join(".", n)),
                    Integer.parseInt(n[2])))
        .toList();
  }

  static List<Decoded> asTensorFlow() {
    return decoded(".npy").stream().filter(d -> !d.toString().contains("accurate")).toList();
  }

  static List<Decoded> accurate() {
    return decoded("accurate.npy");
  }

  static List<Path> images() {
    return names().stream()
        .filter(n -> n.matches(".*\\.(jpg|png|gif|bmp)"))
        .map(IMAGES::resolve)
        .toList();
  }

  private static int[] differences(Decoded decoded) throws IOException {
    ImagePixels actual =
        ImagePixels.decode(
            Files.readAllBytes(decoded.image()), decoded.channels(), Allowance.PIXELS);
    Source expected = Npz.lone(decoded.pixels());
    try (Records rows = expected.samples()) {
      assertThat(List.of(actual.height(), actual.width(), actual.channels()))
          .isEqualTo(List.of(rows.count(), expected.dims().get(0), expected.dims().get(1)));
      int[] differences = new int[actual.bytes().length];
      for (int y = 0; y < rows.count(); y++) {
        double[] row = rows.values(y);
        for (int i = 0; i < row.length; i++) {
          int at = y * row.length + i;
          differences[at] = Math.abs((actual.bytes()[at] & 0xff) - (int) row[i]);
        }
      }
      return differences;
    }
  }

  /** TensorFlow takes a faster cosine transform for JPEG. */
  @ParameterizedTest
  @MethodSource("asTensorFlow")
  void pixelsAreTensorFlows(Decoded decoded) throws IOException {
    int[] differences = differences(decoded);
    boolean jpeg = decoded.image().toString().endsWith("jpg");
    assertThat(Arrays.stream(differences).max().orElseThrow()).isLessThanOrEqualTo(jpeg ? 9 : 0);
    assertThat(Arrays.stream(differences).average().orElseThrow())
        .isLessThanOrEqualTo(jpeg ? 1.6 : 0);
  }

  @ParameterizedTest
  @MethodSource("accurate")
  void jpegsAreTensorFlowsWithTheAccurateTransform(Decoded decoded) throws IOException {
    assertThat(differences(decoded)).containsOnly(0);
  }

  @ParameterizedTest
  @MethodSource("images")
  void aFileThatIsCutIsRefused(Path image) throws IOException {
    byte[] whole = Files.readAllBytes(image);
    for (int cut = 1; cut <= 16; cut++) {
      // A bitmap's last bytes may be a row's padding.
      int least = image.toString().endsWith("bmp") ? 4 : 1;
      byte[] part =
          Arrays.copyOf(whole, whole.length - least - (whole.length - 7) * (cut - 1) / 16);
      if (image.toString().endsWith("gif") && part.length > whole.length * 7 / 16) {
        continue; // what follows the first picture is not needed
      }
      assertThatThrownBy(() -> ImagePixels.decode(part, 3, Allowance.PIXELS))
          .as("%s cut to %d of %d bytes", image, part.length, whole.length)
          .isInstanceOf(IOException.class);
    }
  }

  /** 100 kB of zeros may inflate to gigapixels. */
  @ParameterizedTest
  @MethodSource("huge")
  void pixelsAreCountedBeforeMemoryIsTaken(byte[] file) {
    assertThatThrownBy(() -> ImagePixels.decode(file, 3, Allowance.PIXELS))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("pixels, more than 67108864");
  }

  static List<byte[]> huge() throws IOException {
    return List.of(png(40_000, 40_000), png(Integer.MAX_VALUE, 1), png(1, 100_000_000));
  }

  /** A few hundred bytes that become more than a heap's share: refused before any is taken. */
  @Test
  void anImageThatTheHeapHasNoRoomForIsRefusedInWords() throws IOException {
    long heap = Runtime.getRuntime().maxMemory();
    // Eight bytes a pixel as decoded, and eight more of copies: a little over a quarter.
    long pixels = heap / 4 / 16 + 100_000;
    Assumptions.assumeTrue(pixels < 1 << 26, "this heap has room for any image that is read");
    byte[] image = png(10_000, (int) (pixels / 10_000) + 1, 16, 6);
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> ImagePixels.decode(image, 3, Allowance.PIXELS))
        .withMessageContaining("larger heap");
  }

  private static byte[] png(int width, int height) throws IOException {
    return png(width, height, 8, 2);
  }

  /**
   * A PNG that announces a size and holds nothing.
   *
   * @param bits of a channel
   * @param colours 2: RGB, 6: RGBA
   */
  private static byte[] png(int width, int height, int bits, int colours) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeLong(0x89504e470d0a1a0aL);
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    DataOutputStream size = new DataOutputStream(head);
    size.writeInt(width);
    size.writeInt(height);
    size.write(new byte[] {(byte) bits, (byte) colours, 0, 0, 0});
    chunk(out, "IHDR", head.toByteArray());
    chunk(out, "IDAT", new byte[100]);
    chunk(out, "IEND", new byte[0]);
    return bytes.toByteArray();
  }

  private static void chunk(DataOutputStream out, String type, byte[] data) throws IOException {
    out.writeInt(data.length);
    byte[] name = type.getBytes(StandardCharsets.US_ASCII);
    out.write(name);
    out.write(data);
    CRC32 crc = new CRC32();
    crc.update(name);
    crc.update(data);
    out.writeInt((int) crc.getValue());
  }
}
