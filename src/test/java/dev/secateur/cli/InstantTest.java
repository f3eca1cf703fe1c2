package dev.secateur.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.graph.Weight;
import dev.secateur.keras.KerasModel;
import dev.secateur.keras.KerasReader;
import dev.secateur.plan.JsonSchema;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pruning without training, on the project's own example. */
class InstantTest {
  @TempDir Path dir;

  private Run run(Object... more) {
    Object[] arguments = new Object[more.length + 6];
    System.arraycopy(
        new Object[] {"compress", Run.H5, "--eval", Run.DATA, "--out", dir.resolve("out")},
        0,
        arguments,
        0,
        6);
    System.arraycopy(more, 0, arguments, 6, more.length);
    return Run.of(arguments);
  }

  private JsonNode report() throws IOException {
    return new ObjectMapper().readTree(dir.resolve("out/report.json").toFile());
  }

  @Test
  void samplesWithoutATrainingSetAreEnough() throws IOException {
    Run run = run("--recipe", "instant", "--representative", Run.DATA);
    assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(ExitCode.DONE);
    JsonNode report = report();
    assertThat(JsonSchema.of("report.v1.json").violations((ObjectNode) report)).isEmpty();
    assertThat(report.at("/plan/pruning").properties())
        .extracting(p -> p.getKey() + "=" + p.getValue().asText())
        .containsExactly("method=reconstruct", "allocation=sensitivity", "finalSparsity=0.5");
    assertThat(report.at("/training/steps").asInt()).isZero();
    double zeros = 0;
    double all = 0;
    for (JsonNode layer : report.get("layers")) {
      if (layer.get("pruned").asBoolean()) {
        zeros += layer.get("sparsity").asDouble() * layer.get("parameters").asDouble();
        all += layer.get("parameters").asDouble();
      }
    }
    assertThat(zeros / all).isBetween(0.49, 0.51);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.3", "0.4:bytes", "0.1:memory"})
  void aNetworkWithoutChannelsIsSmallerInEachOfItsFiles(String channels) throws IOException {
    Run run = run("--recipe", "instant", "--channels", channels, "--max-accuracy-drop", "1");
    assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(ExitCode.DONE);
    JsonNode report = report();
    assertThat(JsonSchema.of("report.v1.json").violations((ObjectNode) report)).isEmpty();
    JsonNode change = report.get("channels");
    String of =
        channels.contains("bytes") ? "weights" : channels.contains("mem") ? "memory" : "macs";
    double share = Double.parseDouble(channels.split(":", 2)[0]);
    assertThat(change.at("/" + of + "/after").asDouble())
        .isLessThanOrEqualTo((1 - share) * change.at("/" + of + "/before").asDouble());
    KerasModel pruned = KerasReader.read(dir.resolve("out/pruned.h5"));
    assertThat(pruned.graph().parameters()).isEqualTo(change.at("/weights/after").asLong());
    assertThat(report.at("/plan/pruning/finalSparsity").asDouble()).isZero();
    assertThat(run.out()).contains("removed: ");
  }

  @ParameterizedTest
  @CsvSource({
    "1.5, share: must be below 1",
    "much, share: must be of type number",
    "0.3:time, 'of: must be one of macs, bytes, memory, both'"
  })
  void channelsThatAreNoneAreNamed(String channels, String complaint) {
    Run run = run("--recipe", "instant", "--channels", channels);
    assertThat(run.exitCode()).isNotEqualTo(ExitCode.DONE);
    assertThat(run.err()).contains("/pruning/channels/" + complaint);
  }

  @Test
  void moreChannelsThanCanGoAreRefusedBeforeAnythingRuns() {
    Run run = run("--recipe", "instant", "--channels", "0.999");
    assertThat(run.exitCode()).isNotEqualTo(ExitCode.DONE);
    assertThat(run.err()).contains("/pruning/channels").contains("at most");
  }

  @Test
  void reportAndManifestSayWhatAFileIsFedAndGives() throws IOException {
    Run run = run("--recipe", "instant", "--input-type", "uint8", "--output-type", "int8");
    assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(ExitCode.DONE);
    JsonNode variants = report().get("variants");
    assertThat(variants.findParents("file"))
        .allSatisfy(
            v ->
                assertThat(v.get("signature").isNull())
                    .isEqualTo(!v.get("file").asText().endsWith(".tflite")));
    JsonNode int8 =
        variants.findParents("name").stream()
            .filter(v -> v.path("name").asText().equals("int8"))
            .findFirst()
            .orElseThrow()
            .get("signature");
    JsonNode input = int8.at("/inputs/0");
    assertThat(input.get("dtype").asText()).isEqualTo("uint8");
    // Of the example's samples, which are pixels.
    assertThat(input.get("scale").asDouble() * (255 - input.get("zeroPoint").asInt()))
        .isBetween(200.0, 256.0);
    JsonNode output = int8.at("/outputs/0");
    assertThat(output.get("dtype").asText()).isEqualTo("int8");
    // A softmax's, as TensorFlow Lite demands it.
    assertThat(output.get("scale").floatValue()).isEqualTo(1 / 256f);
    assertThat(output.get("zeroPoint").asInt()).isEqualTo(-128);
    JsonNode manifest =
        new ObjectMapper().readTree(dir.resolve("out/manifest.json").toFile()).get("files");
    assertThat(manifest.at("/int8.tflite/inputs")).isEqualTo(int8.get("inputs"));
    assertThat(manifest.at("/int8.tflite/outputs")).isEqualTo(int8.get("outputs"));
    assertThat(manifest.at("/fp32.tflite/inputs/0/dtype").asText()).isEqualTo("float32");
    assertThat(manifest.get("pruned.h5").has("inputs")).isFalse();
  }

  @Test
  void eachSchemeIsAVariantAndAFileAndTheFirstDecides() throws IOException {
    String[] names = {"float16", "int8-weights", "int16x8", "int8"};
    Object[] options =
        Stream.concat(
                Stream.of("--recipe", "instant", "--input-type", "uint8"),
                Arrays.stream(names).flatMap(name -> Stream.of("--scheme", name)))
            .toArray();
    Run run = run(options);
    assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(ExitCode.DONE);
    JsonNode report = report();
    assertThat(JsonSchema.of("report.v1.json").violations((ObjectNode) report)).isEmpty();
    assertThat(report.get("variants"))
        .extracting(v -> v.get("name").asText())
        .containsExactly("original", "pruned", "fp32", names[0], names[1], names[2], names[3]);
    assertThat(report.get("reason").asText()).startsWith("FLOAT16 top-1");
    JsonNode manifest =
        new ObjectMapper().readTree(dir.resolve("out/manifest.json").toFile()).get("files");
    for (String name : names) {
      assertThat(dir.resolve("out/" + name + ".tflite")).exists();
      assertThat(manifest.get(name + ".tflite").at("/inputs/0/dtype").asText())
          .isEqualTo(name.equals("int8") ? "uint8" : "float32");
    }
  }

  @Test
  void layersThatAreNamedStayFloat() throws IOException {
    Run run = run("--recipe", "instant", "--keep-float", "conv2d_1,dense");
    assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(ExitCode.DONE);
    JsonNode report = report();
    assertThat(report.at("/plan/quantization/keepFloat").toString())
        .isEqualTo("[\"conv2d_1\",\"dense\"]");
    assertThat(report.at("/layerErrors/int8"))
        .extracting(e -> e.get("layer").asText())
        .contains("conv2d", "conv2d_2")
        .doesNotContain("conv2d_1", "dense");
    assertThat(run.out()).contains("int8, worst layers");
  }

  /** A kernel of 2,592 weights: float32 where it would have half a byte each. */
  @Test
  void layersStayFloatBesideThoseOfFourBits() throws IOException {
    run("--recipe", "instant", "--scheme", "int4");
    long packed = bytes("int4");
    run("--recipe", "instant", "--scheme", "int4", "--keep-float", "conv2d_1");
    assertThat(bytes("int4")).isGreaterThan(packed + 2592 * 7 / 2 - 500);
  }

  private long bytes(String variant) throws IOException {
    for (JsonNode v : report().get("variants")) {
      if (v.get("name").asText().equals(variant)) {
        return v.get("bytes").asLong();
      }
    }
    throw new AssertionError("no variant " + variant);
  }

  @Test
  void aLayerThatThereIsNotIsNamedWithThoseThatThereAre() {
    Run run = run("--recipe", "instant", "--keep-float", "conv_9");
    assertThat(run.exitCode()).isEqualTo(ExitCode.INPUT);
    assertThat(run.err()).contains("/quantization/keepFloat: no layer conv_9", "conv2d_1", "dense");
  }

  /** INT8's softmax has steps of 1/256: a loss shows that at once. */
  @Test
  void asFewLayersStayFloatAsTheAcceptanceAsksFor() throws IOException {
    String[] options = {
      "--recipe", "instant", "--sparsity", "0", "--accept", "loss<=original+0.0001"
    };
    assertThat(run((Object[]) options).exitCode()).isEqualTo(ExitCode.NOT_ACCEPTED);
    Run run =
        run(Stream.concat(Arrays.stream(options), Stream.of("--keep-float", "auto")).toArray());
    assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(ExitCode.DONE);
    JsonNode kept = report().at("/plan/quantization/keepFloat");
    assertThat(kept.size()).isBetween(1, 5);
    assertThat(run.out()).contains("stayed float32, as int8 needs it");
    run(Stream.of("--recipe", "instant", "--keep-float", "auto").toArray());
    assertThat(report().at("/plan/quantization/keepFloat").isMissingNode()).isTrue();
  }

  /** Its job makes fewer files than the one before: the others' may not stay. */
  @Test
  void aSchemeThatIsNoLongerAskedForLeavesNoFile() {
    assertThat(run("--recipe", "instant", "--scheme", "float16").exitCode()).isZero();
    assertThat(run("--recipe", "instant", "--scheme", "int8-weights").exitCode()).isZero();
    assertThat(dir.resolve("out/float16.tflite")).doesNotExist();
    assertThat(dir.resolve("out/int8-weights.tflite")).exists();
  }

  @Test
  void fourBitsMakeHalfTheFileAndStoredAsInt8ASmallZip() throws IOException {
    Run run =
        run(
            "--recipe",
            "instant",
            "--sparsity",
            "0",
            "--scheme",
            "int4",
            "--scheme",
            "int8",
            "--weight-bits",
            "4");
    assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(ExitCode.DONE);
    JsonNode report = report();
    assertThat(JsonSchema.of("report.v1.json").violations((ObjectNode) report)).isEmpty();
    assertThat(report.get("reason").asText()).startsWith("INT4 top-1");
    JsonNode int4 = report.at("/variants/3");
    JsonNode int8 = report.at("/variants/4");
    assertThat(int4.get("name").asText()).isEqualTo("int4");
    assertThat(int4.get("bytes").asInt()).isLessThan(int8.get("bytes").asInt());
    assertThat(int4.get("divergence").asDouble()).isLessThan(0.1);
    assertThat(int4.get("macs")).isEqualTo(report.at("/variants/0/macs"));
    // Of the built-in kernels and XNNPACK's: the same integers, rounded otherwise on the way.
    assertThat(Math.abs(int4.get("top1").asDouble() - int8.get("top1").asDouble()))
        .isLessThan(0.02);
  }

  /** In the Keras file, after training too. */
  @ParameterizedTest
  @ValueSource(strings = {"0", "1"})
  void twoOfEveryFourChannelsAreZero(String epochs) throws IOException {
    Run run = run("--train", Run.DATA, "--epochs", epochs, "--pattern", "2:4");
    assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(ExitCode.DONE);
    assertThat(report().at("/plan/pruning/pattern").asText()).isEqualTo("2:4");
    assertThat(report().at("/plan/pruning/allocation").asText()).isEqualTo("uniform");
    for (Weight kernel : KerasReader.read(dir.resolve("out/pruned.h5")).graph().prunable()) {
      float[] values = kernel.value().values();
      int outputs = kernel.shape().last();
      int inputs = kernel.shape().dim(kernel.shape().rank() - 2);
      for (int i = 0; i < values.length / outputs; i += 4) {
        for (int output = 0; inputs % 4 == 0 && output < outputs; output++) {
          int zeros = 0;
          for (int n = 0; n < 4; n++) {
            zeros += values[(i + n) * outputs + output] == 0 ? 1 : 0;
          }
          assertThat(zeros).as(kernel.name()).isGreaterThanOrEqualTo(2);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "2:4, 0.7, 'pattern: 2:4 makes half of each kernel zero'",
    "100x1, 0.5, pattern",
    "3:7, 0.5, pattern"
  })
  void patternsThatAreNoneAreNamed(String pattern, String sparsity, String complaint) {
    Run run = run("--recipe", "instant", "--pattern", pattern, "--sparsity", sparsity);
    assertThat(run.exitCode()).isEqualTo(ExitCode.INPUT);
    assertThat(run.err()).contains(complaint);
  }

  @Test
  void wholeBlocksAreZero() throws IOException {
    Run run = run("--recipe", "instant", "--pattern", "1x4", "--max-accuracy-drop", "1");
    assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(ExitCode.DONE);
    for (Weight kernel : KerasReader.read(dir.resolve("out/pruned.h5")).graph().prunable()) {
      float[] values = kernel.value().values();
      for (int i = 0; i < values.length && kernel.shape().last() % 4 == 0; i += 4) {
        boolean zero = values[i] == 0;
        for (int n = 1; n < 4; n++) {
          assertThat(values[i + n] == 0).as(kernel.name()).isEqualTo(zero);
        }
      }
    }
  }

  /** The example has a depthwise kernel: rounded by reconstruction, the file is nearer. */
  @Test
  void int8IsNearerToTheOriginalThanRoundedToTheNearest() throws IOException {
    run("--method", "magnitude", "--epochs", "0", "--sparsity", "0", "--representative", Run.DATA);
    double nearest = divergence("int8");
    run("--recipe", "instant", "--sparsity", "0", "--representative", Run.DATA);
    assertThat(divergence("int8")).isLessThan(nearest);
  }

  private double divergence(String variant) throws IOException {
    for (JsonNode v : report().get("variants")) {
      if (v.get("name").asText().equals(variant)) {
        return v.get("divergence").asDouble();
      }
    }
    throw new AssertionError("no variant " + variant);
  }

  @Test
  void layersThatKeepEightBitsAreNamed() throws IOException {
    Run run =
        run("--recipe", "instant", "--scheme", "int4", "--keep-int8", "conv2d,conv2d_1,dense");
    assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(ExitCode.DONE);
    int kept = report().at("/variants/3/bytes").asInt();
    assertThat(run("--recipe", "instant", "--scheme", "int4", "--keep-int8", "").exitCode())
        .isEqualTo(ExitCode.DONE);
    assertThat(report().at("/variants/3/bytes").asInt()).isLessThan(kept);
    Run wrong = run("--recipe", "instant", "--scheme", "int4", "--keep-int8", "conv_9");
    assertThat(wrong.exitCode()).isEqualTo(ExitCode.INPUT);
    assertThat(wrong.err()).contains("/quantization/keepInt8: no layer conv_9", "conv2d_1");
  }

  @Test
  void whatTheDeviceCannotRunIsRejected() throws IOException {
    assertThat(run("--recipe", "instant", "--device", "cortex-m4").exitCode())
        .isEqualTo(ExitCode.DONE);
    assertThat(run("--recipe", "instant", "--device", "edge-tpu").exitCode())
        .isEqualTo(ExitCode.NOT_ACCEPTED);
    assertThat(report().get("reason").asText())
        .startsWith("INT8 does not fit: ")
        .contains("DEQUANTIZE", "the Edge TPU");
    assertThat(report().at("/variants/3/misfits")).isNotEmpty();
    assertThat(report().at("/variants/0/misfits")).isEmpty();
  }

  /** What is judged is then what calibrates, and the report says so. */
  @Test
  void evaluationSamplesDoWhereThereAreNoOthers() throws IOException {
    Run run = run("--recipe", "instant");
    assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(ExitCode.DONE);
    assertThat(report().get("datasets"))
        .extracting(set -> set.get("role").asText())
        .containsExactly("evaluation", "representative");
    assertThat(run.out()).contains("evaluation samples also stand in the representative set");
  }

  @Test
  void trainingFromTherePutsNoZeroAnywhereElse() throws IOException {
    assertThat(
            run("--method", "reconstruct", "--sparsity", 0.6, "--epochs", 0, "--train", Run.DATA)
                .exitCode())
        .isLessThan(ExitCode.INPUT);
    JsonNode before = report().get("layers");
    dir = dir.resolve("trained");
    assertThat(
            run("--method", "reconstruct", "--sparsity", 0.6, "--epochs", 2, "--train", Run.DATA)
                .exitCode())
        .isLessThan(ExitCode.INPUT);
    JsonNode after = report().get("layers");
    assertThat(report().at("/training/steps").asInt()).isPositive();
    for (int i = 0; i < before.size(); i++) {
      assertThat(after.get(i).get("sparsity")).isEqualTo(before.get(i).get("sparsity"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"uniform", "lamp"})
  void otherAllocations(String allocation) throws IOException {
    run("--recipe", "instant", "--allocation", allocation, "--representative", Run.DATA);
    assertThat(report().at("/plan/pruning/allocation").asText()).isEqualTo(allocation);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--begin-step", "--frequency", "--end-step"})
  void aScheduleBesideAReconstructionIsRefused(String option) {
    Run run = run("--recipe", "instant", option, 2, "--train", Run.DATA);
    assertThat(run.exitCode()).isEqualTo(ExitCode.INPUT);
    assertThat(run.err()).contains("reconstruct prunes at once");
  }

  @Test
  void magnitudeKnowsNoAllocationButUniform() {
    Run run = run("--method", "magnitude", "--allocation", "lamp", "--train", Run.DATA);
    assertThat(run.exitCode()).isEqualTo(ExitCode.INPUT);
    assertThat(run.err()).contains("/pruning/allocation", "need the method reconstruct");
  }

  @Test
  void aPlanThatTrainsNeedsATrainingSet() {
    Run run = run("--representative", Run.DATA);
    assertThat(run.exitCode()).isEqualTo(ExitCode.INPUT);
    assertThat(run.err()).contains("--train");
  }
}
