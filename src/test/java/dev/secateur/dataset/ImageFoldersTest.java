package dev.secateur.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.secateur.dataset.Datasets.Expected;
import dev.secateur.dataset.Datasets.Part;
import dev.secateur.dataset.Datasets.Value;
import dev.secateur.graph.Shape;
import dev.secateur.plan.Preprocessing;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageFoldersTest {
  @TempDir Path dir;

  private static byte[] image(String kind, int type, int rgb) throws IOException {
    BufferedImage image = new BufferedImage(2, 2, type);
    for (int i = 0; i < 4; i++) {
      image.setRGB(i % 2, i / 2, rgb);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertThat(ImageIO.write(image, kind, out)).isTrue();
    return out.toByteArray();
  }

  private static byte[] png(int rgb) throws IOException {
    return image("png", BufferedImage.TYPE_INT_RGB, rgb);
  }

  /** Two classes, in an order that is not the names'. */
  private static Map<String, byte[]> animals() throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("set/dog/1.png", png(0x0000ff));
    files.put("set/cat/1.png", png(0xff0000));
    files.put("set/cat/2.png", png(0x00ff00));
    files.put("set/cat/notes.txt", new byte[] {1});
    return files;
  }

  private Path write(String kind, Map<String, byte[]> files) throws IOException {
    switch (kind) {
      case "folder" -> {
        for (var file : files.entrySet()) {
          Path path = dir.resolve(file.getKey());
          Files.createDirectories(path.getParent());
          Files.write(path, file.getValue());
        }
        return dir.resolve("set");
      }
      case "zip" -> {
        Path zip = dir.resolve("set.zip");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
          for (var file : files.entrySet()) {
            out.putNextEntry(new ZipEntry(file.getKey()));
            out.write(file.getValue());
          }
        }
        return zip;
      }
      default -> {
        Path tar = dir.resolve("set.tar.gz");
        try (TarArchiveOutputStream out =
            new TarArchiveOutputStream(new GZIPOutputStream(Files.newOutputStream(tar)))) {
          for (var file : files.entrySet()) {
            TarArchiveEntry entry = new TarArchiveEntry(file.getKey());
            entry.setSize(file.getValue().length);
            out.putArchiveEntry(entry);
            out.write(file.getValue());
            out.closeArchiveEntry();
          }
        }
        return tar;
      }
    }
  }

  private static Expected input(int... dims) {
    return Expected.input(Shape.of(dims));
  }

  private static Dataset open(Path file, Expected expected) {
    return Datasets.open(file, Part.TRAIN, Preprocessing.NONE, expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"folder", "zip", "tar.gz"})
  void classesAreNumberedByNameWhateverHoldsTheFolders(String kind) throws IOException {
    try (Dataset set = open(write(kind, animals()), input(Shape.UNKNOWN, 2, 2, 3))) {
      assertThat(set.classes()).containsExactly("cat", "dog");
      assertThat(set.size()).isEqualTo(3);
      for (int i = 0; i < 3; i++) {
        Dataset.Batch batch = set.batch(new int[] {i});
        boolean blue = batch.inputs().get(0).values()[2] == 255;
        assertThat(batch.targets().get(0).values()).containsExactly(blue ? 1 : 0);
      }
    }
  }

  @Test
  void greyBytesStayAsTheyAre() throws IOException {
    BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_BYTE_GRAY);
    image.getRaster().setSample(0, 0, 0, 100);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(image, "png", out);
    Path set = write("folder", Map.of("set/a/1.png", out.toByteArray()));
    try (Dataset one = open(set, input(Shape.UNKNOWN, 1, 1, 1));
        Dataset three = open(set, input(Shape.UNKNOWN, 1, 1, 3))) {
      assertThat(one.batch(new int[] {0}).inputs().get(0).values()).containsExactly(100);
      assertThat(three.batch(new int[] {0}).inputs().get(0).values())
          .containsExactly(100, 100, 100);
    }
  }

  @Test
  void jpegsAndOtherSizesAreFitted() throws IOException {
    byte[] jpeg = image("jpg", BufferedImage.TYPE_INT_RGB, 0x808080);
    try (Dataset set =
        open(write("folder", Map.of("set/a/1.JPG", jpeg)), input(Shape.UNKNOWN, 4, 4, 3))) {
      assertThat(set.batch(new int[] {0}).inputs().get(0).values()).hasSize(48).containsOnly(128);
    }
  }

  @Test
  void topFoldersTrainAndTestAreParts() throws IOException {
    Map<String, byte[]> files =
        Map.of(
            "set/train/a/1.png", png(0), "set/train/b/1.png", png(0), "set/test/a/2.png", png(0));
    Path set = write("folder", files);
    try (Dataset train = open(set, Expected.ANYTHING);
        Dataset test = Datasets.open(set, Part.EVALUATION, Preprocessing.NONE, Expected.ANYTHING)) {
      assertThat(train.size()).isEqualTo(2);
      assertThat(test.size()).isEqualTo(1);
    }
  }

  @Test
  void colourForANetworkOfOneChannelIsRefused() throws IOException {
    Path set = write("folder", animals());
    assertThatThrownBy(() -> open(set, input(Shape.UNKNOWN, 2, 2, 1)))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("cat/1.png")
        .hasMessageContaining("ask for grey");
  }

  @Test
  void damagedImageIsNamed() throws IOException {
    Map<String, byte[]> files = animals();
    files.put("set/cat/3.png", new byte[] {1, 2, 3});
    Path set = write("tar.gz", files);
    assertThatThrownBy(() -> open(set, Expected.ANYTHING))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("set/cat/3.png: is no readable image");
  }

  @Test
  void numberOfFoldersMustBeTheNetworksClasses() throws IOException {
    Path set = write("zip", animals());
    Expected ten = new Expected(List.of(), List.of(new Value("y", Shape.of(Shape.UNKNOWN, 10))));
    assertThatThrownBy(() -> open(set, ten))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("2 classes [cat, dog], but the network has 10");
  }

  @Test
  void imagesOutsideAnyFolderAndEmptySetsAreRefused() throws IOException {
    Path stray = write("folder", Map.of("set/1.png", png(0)));
    assertThatThrownBy(() -> open(stray, Expected.ANYTHING))
        .hasMessageContaining("1.png: lies in no class's folder");
    Path none = write("zip", Map.of("a/readme.txt", new byte[] {1}));
    assertThatThrownBy(() -> open(none, Expected.ANYTHING)).hasMessageContaining("holds no images");
  }

  @Test
  void digestChangesWithAnyFile() throws IOException {
    Path set = write("folder", animals());
    String before = SourceDigest.of(set);
    Files.write(set.resolve("dog/1.png"), png(0x0000fe));
    assertThat(SourceDigest.of(set)).hasSize(64).isNotEqualTo(before);
  }
}
