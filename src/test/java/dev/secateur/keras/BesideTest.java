package dev.secateur.keras;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.secateur.keras.architecture.Replacement;
import dev.secateur.keras.refusal.Kind;
import dev.secateur.keras.refusal.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Weights beside an architecture, and Lambdas as they are declared: what is refused, and how. */
class BesideTest {
  private static final Path TINY = Path.of("src", "test", "resources", "tiny");

  @TempDir Path temporary;

  private static Path tiny(String name, String file) {
    return TINY.resolve(name).resolve(file);
  }

  private static KerasSource beside(Path weights, Path architecture) {
    return new KerasSource(weights, Optional.of(architecture), Map.of(), Optional.empty());
  }

  private static List<Reason> refusal(KerasSource source) {
    KerasException refused =
        catchThrowableOfType(KerasException.class, () -> KerasReader.read(source));
    assertThat(refused).as("a refusal of " + source).isNotNull();
    return refused.reasons();
  }

  /** The architecture with a layer that has another name, as plain JSON. */
  private Path renamed(String name, String layer) throws IOException {
    String text = Files.readString(tiny(name, "model.json"));
    String plain = text.startsWith("\"") ? text.replace("\\\"", "\"") : text;
    plain = plain.startsWith("\"") ? plain.substring(1, plain.length() - 1) : plain;
    return Files.writeString(
        temporary.resolve("model.json"), plain.replace("\"" + layer + "\"", "\"another\""));
  }

  @ParameterizedTest
  @CsvSource({"weights-h5, model.h5, a", "weights-checkpoint, model.index, head"})
  void aNameThatTheWeightsDoNotHaveIsRefusedWithBoth(String name, String weights, String layer)
      throws IOException {
    assertThat(refusal(beside(tiny(name, weights), renamed(name, layer))))
        .allSatisfy(r -> assertThat(r.kind()).isEqualTo(Kind.WEIGHTS_MISMATCH))
        .anySatisfy(
            r -> {
              assertThat(r.place()).startsWith("another");
              assertThat(r.message()).containsPattern("\\b" + layer + "\\b");
            });
  }

  @ParameterizedTest
  @ValueSource(strings = {"model", "model.index", "model.data-00000-of-00001", ""})
  void aCheckpointIsNamedByAnyOfItsFilesOrItsDirectory(String file) {
    Path weights = tiny("weights-checkpoint", file);
    Path architecture = tiny("weights-checkpoint", "model.json");
    assertThat(KerasReader.read(beside(weights, architecture)).graph().weights())
        .containsKeys("inner/depthwise/depthwise_kernel", "head/kernel");
    assertThat(refusal(KerasSource.of(weights)).get(0))
        .satisfies(
            r -> assertThat(r.kind()).isEqualTo(Kind.WEIGHTS_ONLY),
            r -> assertThat(r.remedy()).contains("--architecture"));
  }

  @ParameterizedTest
  @CsvSource({"tf_keras-nested, model.h5", "keras3-nested-zip, model.keras"})
  void aWholeModelNeedsNoArchitectureBesideIt(String name, String file) {
    assertThat(refusal(beside(tiny(name, file), tiny("weights-h5", "model.json"))).get(0).remedy())
        .contains("leave out --architecture");
  }

  @Test
  void anArchitectureInYamlIsReadWithPythonsTuplesAndAliases() throws IOException {
    String yaml =
        """
        backend: tensorflow
        class_name: Sequential
        config:
          name: model
          layers:
          - class_name: Conv2D
            config:
              name: !!python/unicode 'a'
              batch_input_shape: !!python/tuple [null, 6, 6, 2]
              kernel_size: &size !!python/tuple
              - 3
              - 3
              filters: 4
              padding: same
              activation: relu
              unused_of_none: null
          - class_name: Conv2D
            config: {name: b, kernel_size: *size, filters: 4}
        keras_version: 2.4.0
        """;
    Path file = Files.writeString(temporary.resolve("model.yaml"), yaml);
    assertThat(refusal(beside(tiny("weights-h5", "model.h5"), file)))
        .as("read, so that its layers are compared")
        .allSatisfy(r -> assertThat(r.kind()).isEqualTo(Kind.WEIGHTS_MISMATCH));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a: !!python/object/apply:os.system ['touch evil']",
        "a: !!python/name:os.system",
        "a: !!javax.script.ScriptEngineManager []"
      })
  void noObjectOfYamlIsEverMade(String yaml) throws IOException {
    Path file = Files.writeString(temporary.resolve("model.yaml"), yaml);
    assertThat(refusal(beside(tiny("weights-h5", "model.h5"), file)).get(0).kind())
        .isEqualTo(Kind.EXECUTES_CODE);
  }

  @Test
  void aliasesThatMultiplyAreRefused() throws IOException {
    StringBuilder yaml = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 12; i++) {
      String before = "*a" + (i - 1);
      yaml.append("a" + i + ": &a" + i + " [")
          .append(String.join(", ", java.util.Collections.nCopies(8, before)))
          .append("]\n");
    }
    Path file = Files.writeString(temporary.resolve("model.yaml"), yaml);
    assertThat(refusal(beside(tiny("weights-h5", "model.h5"), file)).get(0).kind())
        .isEqualTo(Kind.LIMIT);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "{}", "[]", "3", "\"\\\"x\\\"\"", "{\"layers\": 3}", "text", "\u0000"})
  void whatIsNoArchitectureIsRefused(String text) throws IOException {
    Path file = Files.writeString(temporary.resolve("model.json"), text);
    assertThat(refusal(beside(tiny("weights-h5", "model.h5"), file)))
        .allSatisfy(r -> assertThat(r.remedy()).isNotBlank());
  }

  @ParameterizedTest
  @CsvSource({"lambda-keras2, model.h5", "lambda-keras3, model.keras"})
  void aLambdaIsRefusedWithTheWayToDeclareIt(String name, String file) {
    assertThat(refusal(KerasSource.of(tiny(name, file))))
        .extracting(Reason::remedy)
        .anySatisfy(r -> assertThat(r).contains("--replace norm=rescale:SCALE,OFFSET"))
        .anySatisfy(r -> assertThat(r).contains("--replace larger=rescale:SCALE,OFFSET"));
  }

  @Test
  void aReplacementOfNoLambdaIsRefused() {
    KerasSource source =
        new KerasSource(
            tiny("lambda-keras2", "model.h5"),
            Optional.empty(),
            Map.of("conv", new Replacement.Identity()),
            Optional.empty());
    assertThat(refusal(source)).extracting(Reason::place).contains("conv");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "rescale",
        "rescale:1",
        "rescale:1,2,3",
        "rescale:a,b",
        "rescale:NaN,1",
        "identity:1",
        "resize:0,3",
        "resize:-1,3",
        "resize:3",
        "resize:1.5,2",
        "eval:1,2"
      })
  void aReplacementOfNoKnownFormIsRefusedWithTheForms(String text) {
    assertThatThrownBy(() -> Replacement.of(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("rescale:SCALE,OFFSET");
  }
}
