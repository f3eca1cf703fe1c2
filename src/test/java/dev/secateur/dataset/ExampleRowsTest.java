package dev.secateur.dataset;

import static dev.secateur.dataset.RowSets.check;
import static dev.secateur.dataset.RowSets.open;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.secateur.dataset.Datasets.Expected;
import dev.secateur.dataset.Datasets.Part;
import dev.secateur.graph.Shape;
import dev.secateur.plan.Preprocessing;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files that TensorFlow wrote ({@code tfrecord/make.py}): sample i has the value 10·i, class i % 3.
 */
class ExampleRowsTest {
  private static final Path FILES = Path.of("src/test/resources/dataset/tfrecord");

  @TempDir Path dir;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "encoded.tfrecord",
        "encoded.tfrecord.gz",
        "raw.tfrecord",
        "float_bytes.tfrecord",
        "floats.tfrecord"
      })
  void samplesAreFoundHoweverTheyAreWritten(String name) {
    try (Dataset set = open(FILES.resolve(name), Part.TRAIN)) {
      check(set, 0, 6);
    }
  }

  @Test
  void classesOfNamesAreNumberedInTheirOrder() {
    try (Dataset set = open(FILES.resolve("named.tfrecord"), Part.TRAIN)) {
      assertThat(set.classes()).containsExactly("bird", "cat", "dog");
      Dataset.Batch batch = set.batch(new int[] {0, 1, 2});
      assertThat(batch.targets().get(0).values()).containsExactly(1, 0, 2);
    }
  }

  @Test
  void shardsOfAFolderArePartsByTheirNames() {
    Path folder = FILES.resolve("parts");
    assertThat(Datasets.hasEvaluationPart(folder)).isTrue();
    try (Dataset train = open(folder, Part.TRAIN);
        Dataset test = open(folder, Part.EVALUATION)) {
      check(train, 0, 12);
      check(test, 12, 6);
    }
  }

  @Test
  void imagesAreResizedAndNumbersAreNot() {
    Expected larger = Expected.input(Shape.of(Shape.UNKNOWN, 8, 8, 3));
    try (Dataset set =
        Datasets.open(FILES.resolve("encoded.tfrecord"), Part.TRAIN, Preprocessing.NONE, larger)) {
      assertThat(set.batch(new int[] {1}).inputs().get(0).values()).hasSize(192).containsOnly(10);
    }
    assertThatThrownBy(
            () ->
                Datasets.open(
                    FILES.resolve("floats.tfrecord"), Part.TRAIN, Preprocessing.NONE, larger))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("but the network takes");
  }

  /** Wherever a file is cut or a bit is turned, it is refused, and the place is said. */
  @ParameterizedTest
  @ValueSource(strings = {"encoded.tfrecord", "encoded.tfrecord.gz", "floats.tfrecord"})
  void damageIsFound(String name) throws IOException {
    byte[] whole = Files.readAllBytes(FILES.resolve(name));
    Path file = dir.resolve("damaged.tfrecord");
    for (int at = 13; at < whole.length; at += 41) {
      byte[] turned = whole.clone();
      turned[at] ^= 0x10;
      Files.write(file, turned);
      assertRefused(file, name + " turned at " + at);
      Files.write(file, Arrays.copyOf(whole, at));
      assertRefused(file, name + " cut at " + at);
    }
  }

  private static void assertRefused(Path file, String what) {
    assertThatThrownBy(() -> open(file, Part.TRAIN).close())
        .as(what)
        .isInstanceOf(DatasetException.class);
  }

  @Test
  void placeOfTheDamageIsSaid() throws IOException {
    byte[] whole = Files.readAllBytes(FILES.resolve("encoded.tfrecord"));
    whole[whole.length - 20] ^= 1;
    Path file = Files.write(dir.resolve("set.tfrecord"), whole);
    assertThatThrownBy(() -> open(file, Part.TRAIN))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("set.tfrecord: record 5 at byte ")
        .hasMessageContaining("checksum denies");
  }

  @Test
  void whatIsCalledARecordFileMustBeOne() throws IOException {
    Files.copy(FILES.resolve("encoded.tfrecord"), dir.resolve("a.tfrecord"));
    Files.write(dir.resolve("b.tfrecord"), new byte[40]);
    assertThatThrownBy(() -> open(dir, Part.TRAIN))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("b.tfrecord: record 0 at byte 0");
    Files.write(dir.resolve("b.tfrecord"), new byte[0]);
    try (Dataset set = open(dir, Part.TRAIN)) {
      check(set, 0, 6);
    }
  }

  @Test
  void partsAndOtherFilesAreNotMixed() throws IOException {
    for (String name : List.of("train-0.tfrecord", "test-0.tfrecord", "other-0.tfrecord")) {
      Files.copy(FILES.resolve("encoded.tfrecord"), dir.resolve(name));
    }
    assertThatThrownBy(() -> open(dir, Part.TRAIN))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("name a part of the set");
  }

  /** Damaged data cost their own record alone, where that is allowed; the rest is as it was. */
  @Test
  void recordsThatCannotBeReadAreSkippedIfThatIsAllowed() throws IOException {
    byte[] whole = Files.readAllBytes(FILES.resolve("encoded.tfrecord"));
    int second = (int) ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong() + 16;
    whole[second + 40] ^= 1;
    Path file = Files.write(dir.resolve("set.tfrecord"), whole);
    try (Dataset set = open(file, Part.TRAIN, new ReadOptions(1))) {
      check(set, 0, 2, 3, 4, 5);
      assertThat(set.skipped()).isEqualTo(1);
      assertThat(set.remarks())
          .singleElement()
          .asString()
          .contains("1 row was skipped", "set.tfrecord: record 1 at byte " + second);
    }
    whole[whole.length - 20] ^= 1;
    Files.write(file, whole);
    assertThatThrownBy(() -> open(file, Part.TRAIN, new ReadOptions(1)))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("more rows that cannot be read than the 1 that may be skipped")
        .hasMessageContaining("record 5 at byte");
  }
}
