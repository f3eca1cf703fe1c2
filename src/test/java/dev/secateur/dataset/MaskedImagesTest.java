package dev.secateur.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.secateur.dataset.Datasets.Expected;
import dev.secateur.dataset.Datasets.Part;
import dev.secateur.dataset.Datasets.Value;
import dev.secateur.dataset.Target.Form;
import dev.secateur.graph.Shape;
import dev.secateur.plan.Preprocessing;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
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
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MaskedImagesTest {
  private static final int N = Shape.UNKNOWN;

  @TempDir Path dir;

  private static byte[] written(BufferedImage image, String kind) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertThat(ImageIO.write(image, kind, out)).isTrue();
    return out.toByteArray();
  }

  private static BufferedImage filled(BufferedImage image, int... values) {
    image.getRaster().setSamples(0, 0, image.getWidth(), image.getHeight(), 0, values);
    return image;
  }

  /** Two by two pixels, all of one grey, which is the image's number. */
  private static byte[] image(int number) throws IOException {
    return grey(number, number, number, number);
  }

  private static byte[] grey(int... values) throws IOException {
    return written(
        filled(new BufferedImage(2, values.length / 2, BufferedImage.TYPE_BYTE_GRAY), values),
        "png");
  }

  private static byte[] palette(String kind, int[] reds, int... values) throws IOException {
    byte[] red = new byte[256];
    for (int i = 0; i < reds.length; i++) {
      red[i] = (byte) reds[i];
    }
    IndexColorModel colours = new IndexColorModel(8, 256, red, new byte[256], new byte[256]);
    return written(
        filled(new BufferedImage(2, 2, BufferedImage.TYPE_BYTE_INDEXED, colours), values), kind);
  }

  private Path folder(Map<String, byte[]> files) throws IOException {
    Path set = Files.createTempDirectory(dir, "set");
    for (var file : files.entrySet()) {
      Path path = set.resolve(file.getKey());
      Files.createDirectories(path.getParent());
      Files.write(path, file.getValue());
    }
    return set;
  }

  private Path write(String kind, Map<String, byte[]> files) throws IOException {
    Path path = dir.resolve("set." + kind);
    switch (kind) {
      case "folder" -> {
        return folder(files);
      }
      case "zip" -> {
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(path))) {
          for (var file : files.entrySet()) {
            out.putNextEntry(new ZipEntry("some/" + file.getKey()));
            out.write(file.getValue());
          }
        }
      }
      default -> {
        try (TarArchiveOutputStream out =
            new TarArchiveOutputStream(new GZIPOutputStream(Files.newOutputStream(path)))) {
          for (var file : files.entrySet()) {
            TarArchiveEntry entry = new TarArchiveEntry("some/" + file.getKey());
            entry.setSize(file.getValue().length);
            out.putArchiveEntry(entry);
            out.write(file.getValue());
            out.closeArchiveEntry();
          }
        }
      }
    }
    return path;
  }

  private static Expected network(int height, int width, int... output) {
    return new Expected(
        List.of(new Value("x", Shape.of(N, height, width, 1))),
        List.of(new Value("mask", Shape.of(output))));
  }

  private static Dataset open(Path file, Part part, Expected expected) {
    return Datasets.open(file, part, Preprocessing.NONE, expected);
  }

  /** The mask of the image with that number, as a batch holds it. */
  private static float[] mask(Dataset set, int number) {
    for (int i = 0; i < set.size(); i++) {
      Dataset.Batch batch = set.batch(new int[] {i});
      if (batch.inputs().get(0).values()[0] == number) {
        return batch.targets().get(0).values();
      }
    }
    throw new AssertionError("no image " + number);
  }

  private static void refused(Path set, Expected expected, String... said) {
    assertThatThrownBy(() -> open(set, Part.TRAIN, expected).close())
        .isInstanceOf(DatasetException.class)
        .satisfies(e -> assertThat(e.getMessage()).contains(said));
  }

  @ParameterizedTest
  @ValueSource(strings = {"folder", "zip", "tar.gz"})
  void masksAreThoseOfTheirImagesWhateverHoldsThem(String kind) throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (int i = 0; i < 9; i++) {
      files.put("labels/" + i + ".png", grey(i % 3, 1, 2, 0));
      files.put("images/" + i + ".png", image(10 * i));
    }
    try (Dataset set = open(write(kind, files), Part.TRAIN, network(2, 2, N, 2, 2, 3))) {
      assertThat(set.size()).isEqualTo(9);
      assertThat(set.classes()).isEmpty();
      assertThat(set.targets().get(0).form()).isEqualTo(Form.CLASSES);
      for (int i = 0; i < 9; i++) {
        assertThat(mask(set, 10 * i)).containsExactly(i % 3, 1, 2, 0);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "images/1,masks/1",
    "Image/1,Mask/1",
    "imgs/1,LABELS/1_label",
    "img/a/1,annotations/a/1",
    "x/1,y/1",
    "inputs/1,targets/1_seg",
    "JPEGImages/1,SegmentationClass/1",
    "images/1_mask,masks/1_mask",
    "images/1,masks/1-Mask"
  })
  void foldersAndFilesPairByTheirNames(String image, String mask) throws IOException {
    Path set = folder(Map.of(image + ".png", image(7), mask + ".png", grey(0, 1, 1, 0)));
    try (Dataset data = open(set, Part.TRAIN, network(2, 2, N, 2, 2, 1))) {
      assertThat(mask(data, 7)).containsExactly(0, 1, 1, 0);
      assertThat(Datasets.hasEvaluationPart(set)).isFalse();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "train/images,train/masks,val/images,val/masks",
    "images/train,masks/train,images/val,masks/val",
    "train_images,train_masks,test_images,test_masks",
    "Training Set/x,Training Set/y,Test Set/x,Test Set/y"
  })
  void partsLieAboveOrBelow(String image, String mask, String evalImage, String evalMask)
      throws IOException {
    Path set =
        folder(
            Map.of(
                image + "/1.png", image(1),
                mask + "/1.png", grey(0, 0, 0, 1),
                evalImage + "/1.png", image(2),
                evalMask + "/1.png", grey(1, 0, 0, 0)));
    assertThat(Datasets.hasEvaluationPart(set)).isTrue();
    try (Dataset train = open(set, Part.TRAIN, network(2, 2, N, 2, 2, 1));
        Dataset eval = open(set, Part.EVALUATION, network(2, 2, N, 2, 2, 1))) {
      assertThat(train.size()).isEqualTo(1);
      assertThat(mask(train, 1)).containsExactly(0, 0, 0, 1);
      assertThat(eval.size()).isEqualTo(1);
      assertThat(mask(eval, 2)).containsExactly(1, 0, 0, 0);
    }
  }

  @Test
  void valuesAreThoseThatAreStored() throws IOException {
    int[] colours = {0, 128, 64, 200};
    int[] classes = {3, 1, 2, 0};
    BufferedImage wide = new BufferedImage(2, 2, BufferedImage.TYPE_USHORT_GRAY);
    BufferedImage colour = new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 4; i++) {
      colour.setRGB(i % 2, i / 2, classes[i] * 0x010101);
    }
    Map<String, byte[]> masks =
        Map.of(
            "a.png", palette("png", colours, classes),
            "d.png", grey(classes),
            "e.png", written(filled(wide, classes), "png"),
            "f.png", written(colour, "png"));
    for (var mask : masks.entrySet()) {
      String stem = mask.getKey().substring(0, 1);
      Path set =
          folder(
              Map.of(
                  "images/" + stem + ".png", image(5), "masks/" + mask.getKey(), mask.getValue()));
      try (Dataset data = open(set, Part.TRAIN, network(2, 2, N, 2, 2, 4))) {
        assertThat(mask(data, 5)).as(mask.getKey()).containsExactly(3, 1, 2, 0);
      }
    }
  }

  @Test
  void masksOfTwoBitsHoldNumbersUpToThree() throws IOException {
    byte[] greys = {0, 85, (byte) 170, (byte) 255};
    IndexColorModel twoBits = new IndexColorModel(2, 4, greys, greys, greys);
    BufferedImage mask =
        filled(new BufferedImage(2, 2, BufferedImage.TYPE_BYTE_BINARY, twoBits), 0, 1, 2, 3);
    Path set = folder(Map.of("images/1.png", image(5), "masks/1.png", written(mask, "png")));
    try (Dataset data = open(set, Part.TRAIN, network(2, 2, N, 2, 2, 4))) {
      assertThat(mask(data, 5)).containsExactly(0, 1, 2, 3);
    }
  }

  @Test
  void blackAndWhiteAreNoughtAndOneForEitherKindOfHead() throws IOException {
    Path set =
        folder(
            Map.of(
                "images/1.png", image(1),
                "images/2.png", image(2),
                "masks/1.png", grey(0, 0, 0, 0),
                "masks/2.png", grey(255, 0, 255, 255)));
    for (int channels : new int[] {1, 2, 5}) {
      try (Dataset data = open(set, Part.TRAIN, network(2, 2, N, 2, 2, channels))) {
        assertThat(mask(data, 1)).containsExactly(0, 0, 0, 0);
        assertThat(mask(data, 2)).containsExactly(1, 0, 1, 1);
        Target target = data.targets().get(0);
        assertThat(target.form()).isEqualTo(channels == 1 ? Form.NUMBERS : Form.CLASSES);
        assertThat(target.content().zeroOne()).isTrue();
      }
    }
  }

  @Test
  void masksAreFittedToTheOutputWithoutNewValues() throws IOException {
    int[] values = new int[64];
    for (int i = 0; i < 64; i++) {
      values[i] = i % 8 < 4 ? 0 : 4;
    }
    BufferedImage picture = new BufferedImage(8, 8, BufferedImage.TYPE_BYTE_GRAY);
    byte[] mask = written(filled(picture, values), "png");
    Path set = folder(Map.of("images/1.png", mask, "masks/1.png", mask));
    for (int size : new int[] {3, 4, 5, 16}) {
      try (Dataset data = open(set, Part.TRAIN, network(8, 8, N, size, size, 5))) {
        float[] fitted = data.batch(new int[] {0}).targets().get(0).values();
        assertThat(fitted).hasSize(size * size).containsOnly(0, 4);
        assertThat(fitted[0]).isZero();
        assertThat(fitted[size - 1]).isEqualTo(4);
      }
    }
    try (Dataset flat = open(set, Part.TRAIN, network(4, 4, N, 16, 5))) {
      assertThat(flat.batch(new int[] {0}).targets().get(0).values())
          .containsExactly(0, 0, 4, 4, 0, 0, 4, 4, 0, 0, 4, 4, 0, 0, 4, 4);
    }
    try (Dataset any = open(set, Part.TRAIN, Expected.ANYTHING)) {
      assertThat(any.targets().get(0).shape()).isEqualTo(Shape.of(N, 8, 8));
    }
  }

  @Test
  void halvesWithoutTheirOthersAreNamed() throws IOException {
    Expected network = network(2, 2, N, 2, 2, 1);
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("images/1.png", image(1));
    files.put("masks/1.png", image(1));
    files.put("images/2.png", image(1));
    refused(folder(files), network, "images/2.png: has no mask");
    files.put("masks/2_mask.png", image(0));
    files.put("masks/3.png", image(0));
    refused(folder(files), network, "masks/3.png: is a mask without an image");
    files.remove("masks/3.png");
    files.put("masks/2_seg.png", image(0));
    refused(folder(files), network, "masks/2_seg.png: and masks/2_mask.png are of one image");
    files.remove("masks/2_seg.png");
    files.put("images/2.bmp", image(0));
    refused(folder(files), network, "images/2.png: and images/2.bmp are of one name");
  }

  @Test
  void masksThatNumberNoClassAreNamed() throws IOException {
    BufferedImage colour = new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB);
    colour.setRGB(0, 0, 0xff0000);
    record Case(String mask, byte[] bytes, int channels, String said) {}
    for (Case c :
        List.of(
            new Case("1.jpg", written(colour, "jpg"), 3, "is no PNG"),
            new Case("1.png", written(colour, "jpg"), 3, "is no PNG"),
            new Case("1.png", written(colour, "png"), 3, "colours without a palette"),
            new Case("1.png", grey(0, 1, 2, 3), 3, "holds 3, but the network has 3 classes"),
            new Case("1.png", grey(0, 1, 2, 255), 3, "Pascal VOC"),
            new Case(
                "1.png", grey(0, 1, 255, 0), 1, "holds 255, but the network gives one channel"),
            new Case(
                "1.png", grey(0, 17, 255, 0), 1, "holds 17, but the network gives one channel"),
            new Case("1.png", grey(0, 1, 0, 1, 0, 1), 3, "is of 3x2 pixels, but its image"),
            new Case("1.png", new byte[] {1, 2}, 3, "is no readable mask"),
            new Case("1.png", new byte[0], 3, "is no readable mask"))) {
      Path set = folder(Map.of("images/1.png", image(1), "masks/" + c.mask(), c.bytes()));
      refused(set, network(2, 2, N, 2, 2, c.channels()), "masks/" + c.mask() + ": ", c.said());
    }
  }

  @Test
  void masksAreNoTargetsOfAClassifierOrOfSeveralOutputs() throws IOException {
    Path set = folder(Map.of("images/1.png", image(1), "masks/1.png", image(1)));
    refused(set, network(2, 2, N, 10), "holds targets of (2×2)");
    Value output = new Value("a", Shape.of(N, 2, 2, 1));
    refused(set, new Expected(List.of(), List.of(output, output)), "masks for one output");
  }

  @Test
  void foldersBesideImagesAndMasksAreRefusedWhereThesePair() throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("images/1.png", image(1));
    files.put("masks/1.png", image(1));
    files.put("previews/1.png", image(1));
    refused(folder(files), Expected.ANYTHING, "[images, masks] are named like images", "previews");
  }

  @Test
  void classesStayClasses() throws IOException {
    Map<String, byte[]> letters = new LinkedHashMap<>();
    for (String letter : List.of("w", "x", "y", "z")) {
      letters.put(letter + "/1.png", image(1));
    }
    Map<String, byte[]> regions =
        Map.of("image/1.png", image(1), "label/2.png", image(1), "text/3.png", image(1));
    Map<String, byte[]> nested = Map.of("cat/images/1.png", image(1), "dog/images/1.png", image(2));
    try (Dataset four = open(folder(letters), Part.TRAIN, Expected.ANYTHING);
        Dataset three = open(folder(regions), Part.TRAIN, Expected.ANYTHING);
        Dataset two = open(folder(nested), Part.TRAIN, Expected.ANYTHING)) {
      assertThat(four.classes()).containsExactly("w", "x", "y", "z");
      assertThat(three.classes()).containsExactly("image", "label", "text");
      assertThat(two.classes()).containsExactly("cat", "dog");
    }
  }
}
