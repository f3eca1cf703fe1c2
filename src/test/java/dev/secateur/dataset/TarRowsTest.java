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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Shards in WebDataset's form ({@code webdataset/make.py}). */
class TarRowsTest {
  private static final Path FILES = Path.of("src/test/resources/dataset/webdataset");

  @TempDir Path dir;

  @ParameterizedTest
  @ValueSource(strings = {"cls.tar", "cls.tar.gz", "json.tar"})
  void samplesAreFilesOfOneName(String name) {
    try (Dataset set = open(FILES.resolve(name), Part.TRAIN)) {
      check(set, 0, 6);
    }
  }

  @Test
  void classesMayBeCalledByTheirNames() {
    try (Dataset set = open(FILES.resolve("named.tar"), Part.TRAIN)) {
      assertThat(set.classes()).containsExactly("bird", "cat", "dog");
      assertThat(set.batch(new int[] {0, 1, 2}).targets().get(0).values()).containsExactly(1, 0, 2);
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
  void samplesThatCannotBeReadAreNamedAndSkippedIfThatIsAllowed() {
    Path file = FILES.resolve("broken.tar");
    assertThatThrownBy(() -> open(file, Part.TRAIN))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("broken.tar: sample set/00000")
        .hasMessageContaining(" at byte ");
    try (Dataset set = open(file, Part.TRAIN, new ReadOptions(2))) {
      check(set, 0, 1, 2, 5);
      assertThat(set.skipped()).isEqualTo(2);
      assertThat(set.remarks().toString()).contains("set/000003", "set/000004");
    }
  }

  @Test
  void aShardThatIsCutIsRefused() throws IOException {
    byte[] whole = Files.readAllBytes(FILES.resolve("cls.tar"));
    Path file = dir.resolve("cut.tar");
    for (int at = 1; at < 12 * 1024; at += 509) {
      Files.write(file, Arrays.copyOf(whole, at));
      try (Dataset set = open(file, Part.TRAIN)) {
        // Between two files nothing tells a shard that was cut from a shorter one.
        assertThat(set.size()).isLessThan(7);
      } catch (DatasetException e) {
        assertThat(e).hasMessageContaining("cut.tar");
      }
    }
  }
}
