package dev.secateur.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.secateur.dataset.Datasets.Expected;
import dev.secateur.dataset.Datasets.Part;
import dev.secateur.plan.Preprocessing;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Image {@code i.png} has the red value 10·i. */
class TabledImagesTest {
  @TempDir Path dir;

  private final Map<String, byte[]> files = new LinkedHashMap<>();

  private TabledImagesTest image(String path, int number) throws IOException {
    BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB);
    image.setRGB(0, 0, 10 * number << 16);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(image, "png", out);
    files.put(path, out.toByteArray());
    return this;
  }

  private TabledImagesTest images(String folder, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      image(folder + i + ".png", i);
    }
    return this;
  }

  private TabledImagesTest table(String path, String... lines) {
    files.put(path, String.join("\n", lines).getBytes(StandardCharsets.UTF_8));
    return this;
  }

  private Path folder() throws IOException {
    Path set = dir.resolve("set");
    for (var file : files.entrySet()) {
      Files.createDirectories(set.resolve(file.getKey()).getParent());
      Files.write(set.resolve(file.getKey()), file.getValue());
    }
    return set;
  }

  private Path zip() throws IOException {
    Path zip = dir.resolve("set.zip");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
      for (var file : files.entrySet()) {
        out.putNextEntry(new ZipEntry(file.getKey()));
        out.write(file.getValue());
      }
    }
    return zip;
  }

  private static Dataset open(Path set, Part part) {
    return Datasets.open(set, part, Preprocessing.NONE, Expected.ANYTHING);
  }

  /** From an image's number to its target. */
  private static Map<Integer, List<Float>> targets(Path set, Part part) {
    Map<Integer, List<Float>> targets = new TreeMap<>();
    try (Dataset data = open(set, part)) {
      for (int i = 0; i < data.size(); i++) {
        Dataset.Batch batch = data.batch(new int[] {i});
        List<Float> target = new ArrayList<>();
        for (float value : batch.targets().get(0).values()) {
          target.add(value);
        }
        targets.put((int) batch.inputs().get(0).values()[0] / 10, target);
      }
    }
    return targets;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "image,label|0.png,cat|1.png,dog|2.png,cat",
        "label,image|cat,images/0.png|dog,images/1.png|cat,images/2.png",
        "id;name;class|0;x;cat|1;y;dog|2;z;cat",
        "\ufefffile_name\tClass Name\tauthor|0.png\tcat\tA|1.png\tdog\tB|2.png\tcat\tC",
        "0.png,cat|1.png,dog|2.png,cat",
        "image,label||\"0.png\",\"cat\"|\"1.png\",\"dog\"|./images/2.png , cat|"
      })
  void imagesAndLabelsAreFoundHoweverTheTableIsWritten(String lines) throws IOException {
    images("images/", 3).table("labels.csv", lines.split("\\|"));
    for (Path set : List.of(folder(), zip())) {
      assertThat(targets(set, Part.TRAIN))
          .isEqualTo(Map.of(0, List.of(0f), 1, List.of(1f), 2, List.of(0f)));
      try (Dataset data = open(set, Part.TRAIN)) {
        assertThat(data.classes()).containsExactly("cat", "dog");
      }
    }
  }

  @Test
  void numbersAreTargetsAsTheyAre() throws IOException {
    images("", 2).table("t.csv", "image,age,height", "0.png,1.5,-2", "1.png,3,4");
    assertThat(targets(folder(), Part.TRAIN))
        .isEqualTo(Map.of(0, List.of(1.5f, -2f), 1, List.of(3f, 4f)));
  }

  @Test
  void classNumbersAreNotSortedAsNames() throws IOException {
    images("", 3).table("t.csv", "image,label", "0.png,10", "1.png,9", "2.png,0");
    assertThat(targets(folder(), Part.TRAIN))
        .isEqualTo(Map.of(0, List.of(10f), 1, List.of(9f), 2, List.of(0f)));
  }

  @Test
  void aColumnTellsTheParts() throws IOException {
    images("images/", 3)
        .table(
            "t.csv", "image,label,split", "0.png,cat,train", "1.png,dog,Test", "2.png,dog,train");
    Path set = folder();
    assertThat(Datasets.hasEvaluationPart(set)).isTrue();
    assertThat(targets(set, Part.TRAIN)).isEqualTo(Map.of(0, List.of(0f), 2, List.of(1f)));
    assertThat(targets(set, Part.EVALUATION)).isEqualTo(Map.of(1, List.of(1f)));
  }

  @Test
  void tablesOfPartsNumberTheirClassesTogether() throws IOException {
    images("train/", 2)
        .image("test/5.png", 5)
        .table("train.csv", "image,label", "0.png,ant", "1.png,cat")
        .table("test.csv", "image,label", "5.png,bee");
    Path set = zip();
    assertThat(Datasets.hasEvaluationPart(set)).isTrue();
    assertThat(targets(set, Part.TRAIN)).isEqualTo(Map.of(0, List.of(0f), 1, List.of(2f)));
    assertThat(targets(set, Part.EVALUATION)).isEqualTo(Map.of(5, List.of(1f)));
  }

  @Test
  void foldersOfClassesNeedNoTable() throws IOException {
    image("cat/1.png", 1).image("dog/2.png", 2).table("notes.csv", "a,b", "1,2");
    assertThat(targets(folder(), Part.TRAIN)).isEqualTo(Map.of(1, List.of(0f), 2, List.of(1f)));
  }

  @Test
  void whatDoesNotFitIsRefusedWithItsRow() throws IOException {
    images("images/", 2).table("t.csv", "image,label", "0.png,cat", "9.png,dog");
    assertRefused("t.csv, row 3: names the image 9.png");
    table("t.csv", "image,label", "0.png,cat", "1.png");
    assertRefused("t.csv, row 3: has 1 values, not 2");
    table("t.csv", "image,a,b", "0.png,1,2", "1.png,1,x");
    assertRefused("t.csv, row 3: holds x where numbers are expected");
    table("t.csv", "a,b", "x,y");
    assertRefused("t.csv: names no image in its first row");
    table("t.csv", "image,label", "\"0.png,cat");
    assertRefused("t.csv");
    table("t.csv", "image,label", "1.png,cat", "0.png,dog").table("u.csv", "image,label");
    assertRefused("holds several tables");
  }

  private void assertRefused(String message) throws IOException {
    Path set = folder();
    assertThatThrownBy(() -> open(set, Part.TRAIN).close())
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining(message);
  }
}
