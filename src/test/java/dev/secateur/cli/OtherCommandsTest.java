package dev.secateur.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.secateur.dataset.Dataset;
import dev.secateur.dataset.Datasets;
import dev.secateur.dataset.Datasets.Expected;
import dev.secateur.dataset.Datasets.Part;
import dev.secateur.dataset.NpyWriter;
import dev.secateur.plan.Preprocessing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OtherCommandsTest {
  @TempDir Path dir;

  private static float[] values(Path npy) {
    try (Dataset set = Datasets.open(npy, Part.EVALUATION, Preprocessing.NONE, Expected.ANYTHING)) {
      return set.batch(IntStream.range(0, set.size()).toArray()).inputs().get(0).values();
    }
  }

  private Path predicted(Path model, Path input) {
    Path output = dir.resolve(model.getFileName() + ".npy");
    Run run = Run.of("predict", model, "--input", input, "--output", output);
    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.DONE);
    return output;
  }

  @Test
  void convertedFilesPredictWhatTheOriginalPredicts() throws IOException {
    Run run =
        Run.of(
            "convert",
            Run.H5,
            "--out",
            dir,
            "--int8",
            "--representative",
            Run.DATA,
            "--keras",
            "keras");
    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.DONE);
    assertThat(run.out()).contains("fp32.tflite", "int8.tflite", "model.keras");
    Path input = dir.resolve("x.npy");
    try (Dataset set =
        Datasets.open(Path.of(Run.DATA), Part.EVALUATION, Preprocessing.NONE, Expected.ANYTHING)) {
      var x = set.batch(IntStream.range(0, 40).toArray()).inputs().get(0);
      try (NpyWriter writer = new NpyWriter(input, x.shape())) {
        writer.write(x.values());
      }
    }
    float[] expected = values(predicted(Path.of(Run.H5), input));
    assertThat(expected).hasSize(40 * 6);
    assertClose(values(predicted(dir.resolve("fp32.tflite"), input)), expected, 1e-5);
    assertClose(values(predicted(dir.resolve("model.keras"), input)), expected, 1e-5);
    assertClose(values(predicted(dir.resolve("int8.tflite"), input)), expected, 0.25);
  }

  private static void assertClose(float[] actual, float[] expected, double tolerance) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      assertThat((double) actual[i])
          .isCloseTo(expected[i], org.assertj.core.data.Offset.offset(tolerance));
    }
  }

  @Test
  void schemesThatNeedNoSamplesAreMadeOfTheModelAlone() {
    Run run =
        Run.of("convert", Run.H5, "--out", dir, "--scheme", "float16", "--scheme", "int8-weights");
    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.DONE);
    assertThat(run.out()).contains("fp32.tflite", "float16.tflite", "int8-weights.tflite");
    assertThat(dir.resolve("int8.tflite")).doesNotExist();
  }

  @Test
  void int8CountsAmongTheSchemes() {
    Run run =
        Run.of(
            "convert",
            Run.H5,
            "--out",
            dir,
            "--int8",
            "--scheme",
            "int16x8",
            "--output-type",
            "int16",
            "--representative",
            Run.DATA);
    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.DONE);
    assertThat(run.out()).contains("int16x8.tflite", "int8.tflite");
  }

  @Test
  void integersWithoutSamplesAreRefused() {
    Run run = Run.of("convert", Run.H5, "--out", dir, "--scheme", "int16x8");
    assertThat(run.exitCode()).isEqualTo(ExitCode.INPUT);
    assertThat(run.err()).contains("--scheme needs --representative FILE");
    assertThat(dir.resolve("fp32.tflite")).doesNotExist();
  }

  @Test
  void optionsOfAnInt8ThatNobodyAskedForAreRefused() {
    Run run =
        Run.of(
            "convert", Run.H5, "--out", dir, "--input-type", "int8", "--representative-samples", 5);
    assertThat(run.exitCode()).isEqualTo(ExitCode.INPUT);
    assertThat(run.err()).contains("--representative-samples, --input-type", "add --int8");
    assertThat(dir.resolve("fp32.tflite")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({
    "tiny/lambda-keras2/model.h5, --replace larger=rescale",
    "tiny/weights-h5/model.h5, --architecture model.json",
    "tiny/weights-checkpoint/model.index, --architecture model.json",
    "evil/lfs-pointer.h5, git lfs pull --include",
  })
  void inspectNamesTheCommandUnderWhichAModelIsTaken(String file, String command) {
    Run run = Run.of("inspect", "src/test/resources/" + file);
    assertThat(run.exitCode()).isEqualTo(ExitCode.INPUT);
    assertThat(run.err().lines().filter(l -> l.startsWith("try: ")).toList())
        .singleElement()
        .asString()
        .contains(command, file);
  }

  @Test
  void inspectNamesNoCommandWhereNoneHelps() {
    Run run = Run.of("inspect", "src/test/resources/evil/custom.keras");
    assertThat(run.exitCode()).isEqualTo(ExitCode.INPUT);
    assertThat(run.err()).doesNotContain("try:");
  }

  @Test
  void aFileOfFourBitsIsInspectedAndExported() throws IOException {
    Path out = dir.resolve("out");
    Run convert =
        Run.of("convert", Run.H5, "--scheme", "int4", "--representative", Run.DATA, "--out", out);
    assertThat(convert.exitCode()).as(convert.err()).isEqualTo(ExitCode.DONE);
    Path file = out.resolve("int4.tflite");
    JsonNode inspected = new ObjectMapper().readTree(Run.of("inspect", file, "--json").out());
    assertThat(inspected.get("bytes").asLong()).isEqualTo(Files.size(file));
    assertThat(inspected.get("activationBytes").asLong()).isPositive();
    assertThat(inspected.get("operators")).isNotEmpty();
    Run export =
        Run.of("export", "--c-array", file, "--output", dir.resolve("c"), "--device", "cortex-m7");
    assertThat(export.exitCode()).as(export.err()).isEqualTo(ExitCode.DONE);
    assertThat(Files.readString(dir.resolve("c/int4_ops.h"))).contains("AddConv2D()");
    assertThat(Files.readString(dir.resolve("c/int4_model.c")))
        .contains("int4_model_len = " + Files.size(file) + ";");
  }

  @Test
  void whatDoesNotFitADeviceIsNotExported() {
    Path out = dir.resolve("out");
    assertThat(Run.of("convert", Run.H5, "--out", out).exitCode()).isEqualTo(ExitCode.DONE);
    Path file = out.resolve("fp32.tflite");
    Run export =
        Run.of("export", "--c-array", file, "--output", dir.resolve("c"), "--device", "ethos-u55");
    assertThat(export.exitCode()).isEqualTo(ExitCode.NOT_ACCEPTED);
    assertThat(export.err()).contains("does not fit: ", "does not compute with float32");
    assertThat(dir.resolve("c")).doesNotExist();
    Run unknown =
        Run.of("export", "--c-array", file, "--output", dir.resolve("c"), "--device", "toaster");
    assertThat(unknown.exitCode()).isEqualTo(ExitCode.INPUT);
    assertThat(unknown.err()).contains("cortex-m4", "toaster");
    assertThat(Run.of("export", file, "--output", dir.resolve("c")).err()).contains("--c-array");
  }

  @Test
  void inspectShowsWhatWouldBePruned() throws IOException {
    Run run = Run.of("inspect", Run.KERAS, "--json");
    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    JsonNode json = new ObjectMapper().readTree(run.out());
    assertThat(json.get("parameters").asInt()).isEqualTo(4082);
    assertThat(json.get("problems")).isEmpty();
    json.get("layers")
        .forEach(
            layer -> {
              String type = layer.get("type").asText();
              assertThat(layer.get("prunable").asBoolean())
                  .as(type)
                  .isEqualTo(type.equals("Conv2D") || type.equals("Dense"));
            });
  }

  @ParameterizedTest
  @ValueSource(strings = {"compress", "convert", "evaluate", "predict", "inspect", "export"})
  void everyCommandExplainsItself(String command) {
    Run run = Run.of(command, "--help");
    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(run.out()).contains("Usage: secateur " + command, "MODEL");
  }

  @Test
  void versionIsTheBuilds() {
    assertThat(Run.of("--version").out()).matches("secateur \\d+\\.\\d+\\.\\d+\\R");
  }
}
