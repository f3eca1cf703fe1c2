package dev.secateur.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageSpoolTest {
  private static final Path SET = Path.of("set");
  private static final int IMAGES = 60;
  private static final int ELEMENTS = 5 * 7 * 3;

  @AfterEach
  void unbound() {
    System.clearProperty(ImageSpool.BOUND);
  }

  /** Every fifth cannot be read, the first among them. */
  private static List<byte[]> images() throws IOException {
    Random random = new Random(1);
    List<byte[]> images = new ArrayList<>();
    for (int i = 0; i < IMAGES; i++) {
      BufferedImage image = new BufferedImage(7, 5, BufferedImage.TYPE_INT_RGB);
      for (int at = 0; at < 35; at++) {
        image.setRGB(at % 7, at / 7, random.nextInt(1 << 24));
      }
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      ImageIO.write(image, "png", out);
      images.add(i % 5 == 0 ? new byte[] {1, 2, 3} : out.toByteArray());
    }
    return images;
  }

  private static List<byte[]> read(List<byte[]> images) {
    Reading reading = new Reading(SET, new ReadOptions(IMAGES / 5));
    ImageSpool spool = new ImageSpool(SET, false, Optional.empty(), reading);
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < IMAGES; i++) {
      numbers.add(spool.add(SET, "image " + i, images.get(i)));
    }
    List<byte[]> pixels = new ArrayList<>();
    try (Records records = spool.records()) {
      for (int i = 0; i < IMAGES; i++) {
        assertThat(spool.holds(numbers.get(i))).as("image %d", i).isEqualTo(i % 5 != 0);
        pixels.add(i % 5 == 0 ? new byte[0] : records.read(numbers.get(i)).array());
      }
    }
    assertThat(reading.skipped()).isEqualTo(IMAGES / 5);
    return pixels;
  }

  /** Wherever the bound lies, a sample is the same bytes. */
  @ParameterizedTest
  @ValueSource(longs = {0, ELEMENTS - 1, ELEMENTS, 6 * ELEMENTS, 11 * ELEMENTS + 1, 59 * ELEMENTS})
  void whatIsKeptEncodedReadsAsWhatIsKeptDecoded(long bound) throws IOException {
    List<byte[]> images = images();
    List<byte[]> decoded = read(images);
    System.setProperty(ImageSpool.BOUND, Long.toString(bound));
    List<byte[]> bounded = read(images);
    for (int i = 0; i < IMAGES; i++) {
      assertThat(bounded.get(i)).as("image %d", i).isEqualTo(decoded.get(i));
      if (i % 5 != 0) {
        assertThat(decoded.get(i))
            .isEqualTo(ImagePixels.decode(images.get(i), 3, Allowance.PIXELS).bytes());
      }
    }
  }

  @Test
  void noRowIsHeardOfTwice() throws IOException {
    List<Long> heard = new ArrayList<>();
    Reading reading =
        new Reading(SET, new ReadOptions(IMAGES).withProgress((set, rows) -> heard.add(rows)));
    try (ImageSpool spool = new ImageSpool(SET, false, Optional.empty(), reading)) {
      for (byte[] image : images()) {
        spool.add(SET, "image", image);
      }
      spool.holds(0);
    }
    assertThat(heard).hasSize(IMAGES - IMAGES / 5).isSorted().doesNotHaveDuplicates();
  }
}
