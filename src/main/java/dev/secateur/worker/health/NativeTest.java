package dev.secateur.worker.health;

import dev.secateur.job.SelfTest;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Runs the self-tests of the native libraries. TensorFlow's runs in a process of its own, so that
 * an idle worker does not hold the library's memory, and a crash in it is an answer.
 */
final class NativeTest {
  /** Of computing, and of standing still; it takes a second or two. */
  private static final Duration MOST = Duration.ofSeconds(30);

  private NativeTest() {}

  /** What does not work, if anything. */
  static Optional<String> trouble() {
    try {
      SelfTest.tensorFlowLite();
      return inOwnProcess(properties());
    } catch (RuntimeException | LinkageError | IOException e) {
      return Optional.of(e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.of("stopping");
    }
  }

  /**
   * @param properties of the process that is tested for
   */
  static Optional<String> inOwnProcess(List<String> properties)
      throws IOException, InterruptedException {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    Path output = Files.createTempFile("secateur-self-test", ".log");
    List<String> command = new ArrayList<>(List.of(java.toString()));
    command.addAll(properties);
    command.addAll(List.of("-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    // JavaCPP lets a process have four heaps: what the libraries take is no matter of this small
    // one.
    command.add("-Dorg.bytedeco.javacpp.maxPhysicalBytes=0");
    command.addAll(List.of("-cp", classPath(), SelfTest.class.getName()));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      if (!ends(process)) {
        return Optional.of(
            "TensorFlow's self-test does not end within " + MOST.toSeconds() + " s" + said(output));
      }
      return process.exitValue() == 0
          ? Optional.empty()
          : Optional.of("TensorFlow's self-test ended with " + process.exitValue() + said(output));
    } finally {
      process.destroyForcibly();
      Files.deleteIfExists(output);
    }
  }

  /** On a busy machine it may take longer, as long as it gets on: that is no fault of its own. */
  private static boolean ends(Process process) throws InterruptedException {
    Duration used = Duration.ZERO;
    long moved = System.nanoTime();
    while (!process.waitFor(1, TimeUnit.SECONDS)) {
      Duration now = process.info().totalCpuDuration().orElse(used);
      if (now.compareTo(used) > 0) {
        used = now;
        moved = System.nanoTime();
      }
      if (used.compareTo(MOST) > 0 || System.nanoTime() - moved > MOST.toNanos()) {
        return false;
      }
    }
    return true;
  }

  private static String said(Path output) throws IOException {
    return ": " + Files.readString(output, StandardCharsets.UTF_8).strip();
  }

  /**
   * What this process was given on its command line or in the file that it names: where the
   * libraries lie is among it, and the test is one of this process's libraries. Memory and
   * debugging are each process's own.
   */
  private static List<String> properties() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("-D"))
        .toList();
  }

  /** Of the packaged application, whose libraries lie beside its jar; else of this process. */
  private static String classPath() {
    String own = System.getProperty("java.class.path");
    Path beside = Path.of(own.split(File.pathSeparator)[0]).toAbsolutePath().getParent();
    if (beside == null || !Files.isDirectory(beside.resolve("lib").resolve("main"))) {
      return own;
    }
    return String.join(
        File.pathSeparator,
        List.of(beside + "/app/*", beside + "/lib/main/*", beside + "/lib/boot/*"));
  }
}
