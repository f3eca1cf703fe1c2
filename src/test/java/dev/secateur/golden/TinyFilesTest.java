package dev.secateur.golden;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.secateur.graph.Graph;
import dev.secateur.keras.KerasModel;
import dev.secateur.keras.KerasReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a clone without Python has of the golden set: one file a dialect and format, made by {@code
 * fixtures/tiny/make.py}.
 */
class TinyFilesTest {
  private static final Path FILES = Path.of("src", "test", "resources", "tiny");

  static Stream<Fixture> files() throws IOException {
    try (Stream<Path> directories = Files.list(FILES)) {
      return directories.sorted().toList().stream().map(TinyFilesTest::fixture);
    }
  }

  private static Fixture fixture(Path directory) {
    try {
      Path entry = directory.resolve("entry.json");
      return new Fixture(directory, new JsonMapper().readTree(Files.readString(entry)));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void isReadAndPredictedAndCompiledAsKerasSays(Fixture fixture) {
    EnumSet<Cell> cells = EnumSet.of(Cell.READ, Cell.PREDICT, Cell.FLOAT, Cell.INT8);
    assertThat(Comparison.of(fixture, cells).cells())
        .as("empty where it equals Keras")
        .containsOnlyKeys(cells)
        .allSatisfy((cell, wrong) -> assertThat(wrong).isEqualTo(Verdict.PASSED));
  }

  @ParameterizedTest
  @MethodSource("files")
  void isTheSameNetworkWhenItWasPrunedWrittenBackAndReadAgain(
      Fixture fixture, @TempDir Path directory) {
    WrittenBack back = WrittenBack.of(fixture, Comparison.read(fixture), directory);
    assertThat(back.file())
        .hasExtension(fixture.model().toString().matches(".*/model\\.h5") ? "h5" : "keras");
    assertThat(back.wrong()).isEqualTo(Verdict.PASSED);
  }

  /** Keras finds weights by that order, which it computes from the calls. */
  @ParameterizedTest
  @MethodSource("files")
  void layersAreWrittenInTheOrderInWhichKerasListsThem(Fixture fixture, @TempDir Path directory) {
    KerasModel model = Comparison.read(fixture);
    List<String> own = layers(model);
    List<String> written =
        layers(KerasReader.read(WrittenBack.of(fixture, model, directory).file()));
    assertThat(written.stream().filter(own::contains)).containsExactlyElementsOf(own);
  }

  private static List<String> layers(KerasModel model) {
    return model.graph().layers().stream()
        .filter(l -> !l.type().equals("InputLayer"))
        .map(Graph.Layer::name)
        .toList();
  }

  @ParameterizedTest
  @MethodSource("files")
  void outputsDependOnTheInput(Fixture fixture) {
    assertThat(fixture.tensors("y"))
        .allSatisfy(
            y -> {
              int size = y.values().length / y.shape().dims().get(0);
              float[] first = java.util.Arrays.copyOfRange(y.values(), 0, size);
              float[] second = java.util.Arrays.copyOfRange(y.values(), size, 2 * size);
              assertThat(first).isNotEqualTo(second);
            });
  }
}
