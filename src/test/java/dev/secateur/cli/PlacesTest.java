package dev.secateur.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models and sets by path, pattern, address, prefix and pattern of keys. */
class PlacesTest {
  private static final Path TINY = Path.of("src", "test", "resources", "tiny");

  /** Buckets, as directories. */
  @TempDir Path store;

  @TempDir Path work;

  @BeforeEach
  void someModelsAndSets() throws IOException {
    copy(Path.of(Run.KERAS), store.resolve("models/team/shapes.keras"));
    copy(Path.of(Run.DATA), store.resolve("datasets/shapes.npz"));
    copyAll(
        TINY.resolve("savedmodel-nested").resolve("model.tf"),
        store.resolve("models/saved/nested"));
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to.getParent());
    Files.copy(from, to);
  }

  private static void copyAll(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }

  private Run run(Object... arguments) {
    List<String> words = Stream.of(arguments).map(Object::toString).toList();
    return Run.in(Map.of("SECATEUR_STORE_ENDPOINT", store.toUri().toString()), words);
  }

  private Object[] withStore(Object... arguments) {
    return Stream.concat(Stream.of(arguments), Stream.of("--store", store.toUri())).toArray();
  }

  @ParameterizedTest
  @CsvSource({
    "s3://models/team/shapes.keras, s3://datasets/shapes.npz",
    "s3a://models/team/shapes.keras, s3://datasets/sh*.npz",
    "s3://models/*/shapes.keras, examples/shap?s.npz",
    "examples/shapes.[k]eras, examples/shapes.npz",
  })
  void aModelIsEvaluatedWhereverItAndItsSetAre(String model, String set) {
    Run here = Run.of("evaluate", Run.KERAS, "--data", Run.DATA, "--json");
    Run there = run(withStore("evaluate", model, "--data", set, "--json"));
    assertThat(there.exitCode()).as(there.err()).isEqualTo(ExitCode.DONE);
    assertThat(there.out().lines().filter(l -> l.contains("\"loss\"")).toList())
        .isEqualTo(here.out().lines().filter(l -> l.contains("\"loss\"")).toList());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"s3://models/saved/nested/", "src/test/resources/tiny/savedmodel-nest*/model.tf"})
  void aDirectoryIsAModel(String model) {
    Run run = run(withStore("inspect", model));
    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.DONE);
    assertThat(run.out()).contains("SavedModel");
  }

  @Test
  void whatIsWrittenFromAPrefixIsWhatTheDirectoryGives() throws IOException {
    Run run =
        run(withStore("convert", "s3://models/saved/nested/", "--out", work.resolve("there")));
    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.DONE);
    Path directory = TINY.resolve("savedmodel-nested").resolve("model.tf");
    Run.of("convert", directory, "--out", work.resolve("here"));
    assertThat(work.resolve("there/fp32.tflite"))
        .hasSameBinaryContentAs(work.resolve("here/fp32.tflite"));
  }

  @ParameterizedTest
  @CsvSource({
    "s3://models/none.keras, no such object",
    "s3://models/none/, no objects",
    "s3://models/*.keras, nothing matches",
    "examples/none-*.keras, nothing matches",
    "examples/shapes.{h5|keras}, matches",
    "s3://Models/x, must look like",
  })
  void whatIsNotThereIsSaidWithTheOption(String model, String message) {
    String place = model.replace('|', ',');
    Run run = run(withStore("inspect", place));
    assertThat(run.exitCode()).isEqualTo(ExitCode.INPUT);
    assertThat(run.err()).contains("MODEL", message);
  }

  @Test
  void nothingIsLeftBehind() throws IOException {
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    List<Path> before = secateurs(temporary);
    run(withStore("inspect", "s3://models/saved/nested/"));
    assertThat(secateurs(temporary)).isEqualTo(before);
  }

  private static List<Path> secateurs(Path temporary) throws IOException {
    try (Stream<Path> files = Files.list(temporary)) {
      return files
          .filter(f -> f.getFileName().toString().startsWith("secateur"))
          .filter(Files::isDirectory)
          .sorted()
          .toList();
    }
  }
}
