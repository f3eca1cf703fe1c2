package dev.secateur.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.secateur.dataset.SourceDigest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process stopped in mid-training, and another that goes on from there. */
class ResumeIT {
  private static final List<String> FILES = List.of("pruned.h5", "fp32.tflite", "int8.tflite");
  private static final int SIGINT_EXIT = 130;
  private static final int SIGKILL_EXIT = 137;

  @TempDir Path dir;
  private final List<Process> started = new ArrayList<>();

  @AfterEach
  void stopWhatWasStarted() {
    started.forEach(Process::destroyForcibly);
  }

  private Process compress(Path out, String... more) throws IOException {
    List<String> command = new ArrayList<>();
    if (System.getProperty("os.name").equals("Linux")) {
      // What a script starts with "&" ignores it, and so would all that it starts.
      command.addAll(List.of("env", "--default-signal=INT"));
    }
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            Secateur.class.getName(),
            "compress",
            Run.H5,
            "--train",
            Run.DATA,
            "--out",
            out.toString(),
            "--no-cache",
            "--epochs",
            "80"));
    command.addAll(List.of(more));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve(out.getFileName() + ".log").toFile())
            .start();
    started.add(process);
    return process;
  }

  private static void signal(Process process, String name) throws IOException {
    new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
  }

  private int ended(Process process) throws InterruptedException {
    assertThat(process.waitFor(3, TimeUnit.MINUTES)).isTrue();
    return process.exitValue();
  }

  private void stoppedAtItsFirstCheckpoint(Path out, String signal, int exit) throws Exception {
    Process process = compress(out);
    Path checkpoint = out.resolve(".checkpoints/fine-tune");
    Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .pollInterval(Duration.ofMillis(10))
        .until(() -> Files.exists(checkpoint) || !process.isAlive());
    signal(process, signal);
    assertThat(ended(process)).isEqualTo(exit);
    assertThat(checkpoint).exists();
    assertThat(out.resolve("manifest.json")).doesNotExist();
  }

  @Test
  void killedAndInterruptedRunsResumeToTheSameBytes() throws Exception {
    Path whole = dir.resolve("whole");
    assertThat(ended(compress(whole))).isLessThan(ExitCode.INPUT);
    Path killed = dir.resolve("killed");
    stoppedAtItsFirstCheckpoint(killed, "KILL", SIGKILL_EXIT);
    Path interrupted = dir.resolve("interrupted");
    stoppedAtItsFirstCheckpoint(interrupted, "INT", SIGINT_EXIT);
    for (Path out : List.of(killed, interrupted)) {
      assertThat(ended(compress(out, "--resume"))).isLessThan(ExitCode.INPUT);
      JsonNode report = new ObjectMapper().readTree(out.resolve("report.json").toFile());
      assertThat(report.at("/training/resumedFrom").asInt()).as("resumed").isPositive();
      assertThat(out.resolve(".checkpoints")).doesNotExist();
      for (String file : FILES) {
        assertThat(SourceDigest.of(out.resolve(file)))
            .as(out.getFileName() + "/" + file)
            .isEqualTo(SourceDigest.of(whole.resolve(file)));
      }
    }
  }

  @Test
  void checkpointOfAnotherPlanIsRefused() throws Exception {
    Path out = dir.resolve("out");
    stoppedAtItsFirstCheckpoint(out, "KILL", SIGKILL_EXIT);
    assertThat(ended(compress(out, "--resume", "--seed", "7"))).isEqualTo(ExitCode.INPUT);
    assertThat(Files.readString(dir.resolve("out.log"))).contains("leave out --resume");
  }
}
