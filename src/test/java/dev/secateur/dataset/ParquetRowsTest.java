package dev.secateur.dataset;

import static dev.secateur.dataset.RowSets.check;
import static dev.secateur.dataset.RowSets.open;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.secateur.dataset.Datasets.Part;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that pyarrow and Hugging Face's datasets wrote ({@code parquet/make.py}). */
class ParquetRowsTest {
  private static final Path FILES = Path.of("src/test/resources/dataset/parquet");

  @TempDir Path dir;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "none-v1",
        "none-v2",
        "snappy-v1",
        "snappy-v2",
        "gzip-v1",
        "gzip-v2",
        "zstd-v1",
        "zstd-v2",
        "plain",
        "found"
      })
  void imagesAndNamesOfClassesAreReadHoweverPagesAreWritten(String name) {
    try (Dataset set = open(FILES.resolve(name + ".parquet"), Part.TRAIN)) {
      check(set, 0, 6);
      assertThat(set.classes()).containsExactly("zebra", "ant", "moth");
    }
  }

  @Test
  void numbersAndTextAreReadAsFromOtherRecordFiles() {
    try (Dataset set = open(FILES.resolve("numbers.parquet"), Part.TRAIN)) {
      check(set, 0, 6);
    }
    try (Dataset set = open(FILES.resolve("named.parquet"), Part.TRAIN)) {
      assertThat(set.classes()).containsExactly("bird", "cat", "dog");
      assertThat(set.batch(new int[] {0, 1, 2}).targets().get(0).values()).containsExactly(1, 0, 2);
    }
  }

  @Test
  void filesOfAFolderArePartsByTheirNames() {
    Path folder = FILES.resolve("parts");
    assertThat(Datasets.hasEvaluationPart(folder)).isTrue();
    try (Dataset train = open(folder, Part.TRAIN);
        Dataset test = open(folder, Part.EVALUATION)) {
      check(train, 0, 12);
      check(test, 12, 6);
    }
  }

  @Test
  void ofSeveralFieldsOfClassesOneHasToBeNamed() {
    Path file = FILES.resolve("two_classes.parquet");
    assertThatThrownBy(() -> open(file, Part.TRAIN))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("several fields of classes, [coarse, fine]");
    ReadOptions fine =
        new ReadOptions(
            0, Optional.empty(), Optional.of("fine"), (s, n) -> {}, Allowance.ofProcess());
    try (Dataset set = open(file, Part.TRAIN, fine)) {
      check(set, 0, 6);
    }
    ReadOptions none =
        new ReadOptions(
            0, Optional.of("picture"), Optional.of("fine"), (s, n) -> {}, Allowance.ofProcess());
    assertThatThrownBy(() -> open(file, Part.TRAIN, none))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("has no field picture")
        .hasMessageContaining("img");
  }

  @Test
  void rowsThatCannotBeReadAreNamedAndSkippedIfThatIsAllowed() {
    Path file = FILES.resolve("holes.parquet");
    assertThatThrownBy(() -> open(file, Part.TRAIN))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("holes.parquet: row 1, of the row group at byte 4: lacks the field");
    try (Dataset set = open(file, Part.TRAIN, new ReadOptions(2))) {
      check(set, 0, 2, 4, 5);
      assertThat(set.skipped()).isEqualTo(2);
    }
    assertThatThrownBy(() -> open(file, Part.TRAIN, new ReadOptions(1)))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("more rows that cannot be read than the 1 that may be skipped")
        .hasMessageContaining("row 3, of the row group at byte 4");
  }

  @Test
  void aSetWithoutLabelsIsNotOneOfClassMinusOne() {
    assertThatThrownBy(() -> open(FILES.resolve("unlabelled.parquet"), Part.TRAIN))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("holds [-1.0], which names none of [zebra, ant, moth]");
  }

  @Test
  void aCodecThatIsNotReadIsNamed() {
    assertThatThrownBy(() -> open(FILES.resolve("lz4.parquet"), Part.TRAIN))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("pages in LZ4")
        .hasMessageContaining("write it with snappy, zstd or gzip");
  }

  /** Where a bit is turned the file may still say something; cut, it says nothing. */
  @ParameterizedTest
  @ValueSource(strings = {"snappy-v1", "zstd-v2", "gzip-v1", "plain", "numbers"})
  void damageIsARefusalOrNothing(String name) throws IOException {
    byte[] whole = Files.readAllBytes(FILES.resolve(name + ".parquet"));
    Path file = dir.resolve("damaged.parquet");
    for (int at = 0; at < whole.length; at += 17) {
      byte[] turned = whole.clone();
      turned[at] ^= 0x10;
      Files.write(file, turned);
      try (Dataset set = open(file, Part.TRAIN)) {
        assertThat(set.size()).isPositive();
      } catch (DatasetException e) {
        assertThat(e).hasMessageContaining("damaged.parquet");
      }
      Files.write(file, Arrays.copyOf(whole, at));
      assertThatThrownBy(() -> open(file, Part.TRAIN)).isInstanceOf(DatasetException.class);
    }
  }
}
