package dev.secateur.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.secateur.dataset.Dataset;
import dev.secateur.dataset.Datasets;
import dev.secateur.dataset.Datasets.Expected;
import dev.secateur.dataset.Datasets.Part;
import dev.secateur.plan.JsonSchema;
import dev.secateur.plan.Preprocessing;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The project's example as shards, some of whose samples cannot be read. */
class RowSetsTest {
  private static final int DAMAGED = 2;

  @TempDir static Path shards;
  @TempDir Path dir;

  @BeforeAll
  static void shards() throws IOException {
    write("train-000000.tar", Part.TRAIN, 240);
    write("test-000000.tar", Part.EVALUATION, 120);
  }

  private static void write(String name, Part part, int samples) throws IOException {
    try (Dataset set =
            Datasets.open(Path.of(Run.DATA), part, Preprocessing.NONE, Expected.ANYTHING);
        TarArchiveOutputStream tar =
            new TarArchiveOutputStream(Files.newOutputStream(shards.resolve(name)))) {
      for (int i = 0; i < samples; i++) {
        Dataset.Batch sample = set.batch(new int[] {i});
        byte[] image = png(sample.inputs().get(0).values());
        add(tar, i + ".png", i < DAMAGED ? new byte[image.length] : image);
        String label = Integer.toString((int) sample.targets().get(0).values()[0]);
        add(tar, i + ".cls", label.getBytes(StandardCharsets.US_ASCII));
      }
    }
  }

  private static byte[] png(float[] pixels) throws IOException {
    BufferedImage image = new BufferedImage(16, 16, BufferedImage.TYPE_BYTE_GRAY);
    for (int i = 0; i < pixels.length; i++) {
      image.getRaster().setSample(i % 16, i / 16, 0, (int) pixels[i]);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(image, "png", out);
    return out.toByteArray();
  }

  private static void add(TarArchiveOutputStream tar, String name, byte[] bytes)
      throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setSize(bytes.length);
    tar.putArchiveEntry(entry);
    tar.write(bytes);
    tar.closeArchiveEntry();
  }

  @Test
  void whatWasSkippedIsInTheReport() throws IOException {
    Path out = dir.resolve("out");
    Run run =
        Run.of(
            "compress",
            Run.H5,
            "--train",
            shards,
            "--out",
            out,
            "--epochs",
            0,
            "--skip-unreadable",
            DAMAGED,
            "--allow-chance");
    assertThat(run.exitCode()).as(run.err()).isLessThan(ExitCode.INPUT);
    assertThat(run.err()).contains("2 rows were skipped", "train-000000.tar: sample 0 at byte ");
    JsonNode report = new ObjectMapper().readTree(out.resolve("report.json").toFile());
    assertThat(JsonSchema.of("report.v1.json").violations(report)).isEmpty();
    assertThat(report.at("/plan/skipUnreadable").asInt()).isEqualTo(DAMAGED);
    assertThat(report.at("/datasets/0/skipped").asInt()).isEqualTo(DAMAGED);
    assertThat(report.at("/datasets/0/samples").asInt()).isEqualTo(240 - DAMAGED);
    assertThat(Files.readString(out.resolve("report.html")))
        .contains("2 rows that cannot be read were skipped");
  }

  @Test
  void oneTooManyEndsTheRunAndIsNamed() {
    Run run = Run.of("evaluate", Run.H5, "--data", shards, "--skip-unreadable", 1);
    assertThat(run.exitCode()).isEqualTo(ExitCode.INPUT);
    assertThat(run.err())
        .contains("more rows that cannot be read than the 1 that may be skipped")
        .contains("test-000000.tar: sample 1 at byte ");
    assertThat(Run.of("evaluate", Run.H5, "--data", shards).err())
        .contains("test-000000.tar: sample 0 at byte ");
  }

  @Test
  void evaluationLeavesOutWhatItMay() {
    Run run = Run.of("evaluate", Run.H5, "--data", shards, "--skip-unreadable", DAMAGED);
    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.DONE);
    assertThat(run.out()).contains("118");
    assertThat(run.err()).contains("2 rows were skipped");
  }

  @Test
  void theFilesOfAPatternAreTheSetThatTheirFolderIs() {
    Run folder = evaluated(shards.toString());
    assertThat(folder.exitCode()).as(folder.err()).isEqualTo(ExitCode.DONE);
    Run pattern = evaluated(shards + "/*-00000[0-9].tar");
    assertThat(pattern.exitCode()).as(pattern.err()).isEqualTo(ExitCode.DONE);
    assertThat(measures(pattern)).isEqualTo(measures(folder));
  }

  private static Run evaluated(String set) {
    return Run.of("evaluate", Run.H5, "--data", set, "--skip-unreadable", "2", "--json");
  }

  private static JsonNode measures(Run run) {
    try {
      return new ObjectMapper().readTree(run.out()).get("measures");
    } catch (IOException e) {
      throw new AssertionError(run.out(), e);
    }
  }
}
