package dev.secateur.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.dataset.SourceDigest;
import dev.secateur.plan.JsonSchema;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole chain on the project's own example. */
class CompressTest {
  private static final List<String> ARTIFACTS = List.of("fp32.tflite", "int8.tflite");

  @TempDir static Path shared;
  @TempDir Path dir;

  private static Run first;

  @BeforeAll
  static void compressTheExample() {
    first = compress(Run.H5, shared.resolve("out"));
  }

  private static Run compress(String model, Path out, Object... more) {
    return Run.of(
        Stream.concat(
                Stream.of(
                    "compress",
                    model,
                    "--train",
                    Run.DATA,
                    "--out",
                    out,
                    "--epochs",
                    12,
                    "--validation-split",
                    "0.1"),
                Stream.of(more))
            .toArray());
  }

  private static JsonNode report(Path out) throws IOException {
    return new ObjectMapper().readTree(out.resolve("report.json").toFile());
  }

  private static Map<String, JsonNode> variants(Path out) throws IOException {
    Map<String, JsonNode> variants = new HashMap<>();
    report(out).get("variants").forEach(v -> variants.put(v.get("name").asText(), v));
    return variants;
  }

  @Test
  void exampleIsAcceptedWithAllItsArtifacts() throws IOException {
    assertThat(first.err()).contains("Pruning and fine-tuning", "epoch 12");
    assertThat(first.exitCode()).as(first.out() + first.err()).isEqualTo(ExitCode.DONE);
    assertThat(first.out()).contains("original", "pruned", "fp32", "int8", "ACCEPTED");
    try (Stream<Path> files = Files.list(shared.resolve("out"))) {
      assertThat(files.map(f -> f.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "pruned.h5",
              "fp32.tflite",
              "int8.tflite",
              "report.json",
              "report.html",
              "manifest.json");
    }
  }

  @Test
  void reportIsWhatItsSchemaSays() throws IOException {
    JsonSchema schema = JsonSchema.of("report.v1.json");
    ObjectNode report = (ObjectNode) report(shared.resolve("out"));
    assertThat(schema.violations(report)).isEmpty();
    ((ObjectNode) report.at("/variants/0")).remove("zippedBytes");
    report.withObject("/plan/pruning").put("blockSize", 1);
    assertThat(schema.violations(report)).hasSize(2);
  }

  @Test
  void halfOfTheWeightsAreZeroUpToTheInt8File() throws IOException {
    Path out = shared.resolve("out");
    double zeros = 0;
    double all = 0;
    for (JsonNode layer : report(out).get("layers")) {
      if (layer.get("pruned").asBoolean()) {
        zeros += layer.get("sparsity").asDouble() * layer.get("parameters").asDouble();
        all += layer.get("parameters").asDouble();
      }
    }
    assertThat(zeros / all).isBetween(0.49, 0.51);
    Map<String, JsonNode> variants = variants(out);
    assertThat(variants.get("int8").get("sparsity").asDouble())
        .isGreaterThanOrEqualTo(variants.get("pruned").get("sparsity").asDouble());
    assertThat(variants.get("original").get("sparsity").asDouble()).isZero();
  }

  @Test
  void sizesAreThoseOfTheFilesAndZippingGainsFromZeros() throws IOException {
    Path out = shared.resolve("out");
    Map<String, JsonNode> variants = variants(out);
    for (String name : List.of("pruned", "fp32", "int8")) {
      JsonNode variant = variants.get(name);
      assertThat(variant.get("bytes").asLong())
          .isEqualTo(Files.size(out.resolve(variant.get("file").asText())));
      assertThat(variant.get("zippedBytes").asLong()).isLessThan(variant.get("bytes").asLong());
    }
    assertThat(variants.get("int8").get("bytes").asLong())
        .isLessThan(variants.get("fp32").get("bytes").asLong());
  }

  @Test
  void manifestHoldsTheDigestOfEveryFile() throws IOException {
    Path out = shared.resolve("out");
    JsonNode files =
        new ObjectMapper().readTree(out.resolve("manifest.json").toFile()).get("files");
    assertThat(files.size()).isEqualTo(5);
    files
        .properties()
        .forEach(
            f ->
                assertThat(f.getValue().get("sha256").asText())
                    .isEqualTo(SourceDigest.of(out.resolve(f.getKey()))));
  }

  @Test
  void evaluatingTheArtifactsAgainGivesTheReportsFigures() throws IOException {
    Path out = shared.resolve("out");
    for (String name : List.of("pruned", "int8")) {
      JsonNode variant = variants(out).get(name);
      Run again =
          Run.of(
              "evaluate", out.resolve(variant.get("file").asText()), "--data", Run.DATA, "--json");
      JsonNode measured = new ObjectMapper().readTree(again.out());
      assertThat(measured.get("top1")).isEqualTo(variant.get("top1"));
      assertThat(measured.get("confusion")).isEqualTo(variant.get("confusion"));
    }
  }

  @Test
  void sameSeedGivesTheSameBytesAndAnotherSeedOthers() {
    Path again = dir.resolve("again");
    compress(Run.H5, again);
    Path other = dir.resolve("other");
    compress(Run.H5, other, "--seed", 2);
    for (String file : List.of("pruned.h5", "fp32.tflite", "int8.tflite")) {
      String digest = SourceDigest.of(shared.resolve("out").resolve(file));
      assertThat(SourceDigest.of(again.resolve(file))).as(file).isEqualTo(digest);
      assertThat(SourceDigest.of(other.resolve(file))).as(file).isNotEqualTo(digest);
    }
  }

  @Test
  void bothKindsOfFileGiveTheSameModels() {
    Path out = dir.resolve("keras");
    Run run = compress(Run.KERAS, out);
    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.DONE);
    assertThat(out.resolve("pruned.keras")).exists();
    for (String file : ARTIFACTS) {
      assertThat(SourceDigest.of(out.resolve(file)))
          .isEqualTo(SourceDigest.of(shared.resolve("out").resolve(file)));
    }
  }

  @Test
  void missedAcceptanceExitsWithOneAndKeepsTheArtifacts() {
    Path out = dir.resolve("strict");
    Run run =
        Run.of(
            "compress",
            Run.H5,
            "--train",
            Run.DATA,
            "--out",
            out,
            "--epochs",
            1,
            "--method",
            "magnitude",
            "--sparsity",
            "0.95",
            "--max-accuracy-drop",
            0,
            "--json");
    assertThat(run.exitCode()).isEqualTo(ExitCode.NOT_ACCEPTED);
    assertThat(run.out()).startsWith("{").contains("\"outcome\" : \"rejected\"");
    assertThat(run.err()).isEmpty();
    assertThat(out.resolve("int8.tflite")).exists();
  }

  @Test
  void planFileIsReadAndOptionsOverrideIt() throws IOException {
    Path plan = dir.resolve("plan.json");
    Files.writeString(
        plan,
        "{\"pruning\": {\"finalSparsity\": 0.25, \"frequency\": 3}, \"fineTuning\": {\"epochs\":"
            + " 9}}");
    Path out = dir.resolve("out");
    Run run =
        Run.of(
            "compress",
            Run.H5,
            "--train",
            Run.DATA,
            "--out",
            out,
            "--plan",
            plan,
            "--epochs",
            1,
            "--input-type",
            "int8",
            "-q");
    assertThat(run.exitCode()).as(run.err()).isLessThan(ExitCode.INPUT);
    JsonNode resolved = report(out).get("plan");
    assertThat(resolved.at("/pruning/finalSparsity").asDouble()).isEqualTo(0.25);
    assertThat(resolved.at("/fineTuning/epochs").asInt()).isEqualTo(1);
    assertThat(resolved.at("/quantization/inputType").asText()).isEqualTo("int8");
    assertThat(resolved.at("/pruning/endStep").isInt()).isTrue();
  }

  @Test
  void reportPageIsOneFileWithoutScriptsOrAddresses() throws IOException {
    String page = Files.readString(shared.resolve("out/report.html"));
    assertThat(page).contains("accepted", "<svg", "Confusion of INT8", "prefers-color-scheme");
    assertThat(page).doesNotContain("<script", "http://", "https://", "src=");
    assertThat(page.indexOf("verdict accepted")).isLessThan(page.indexOf("The variants"));
  }
}
