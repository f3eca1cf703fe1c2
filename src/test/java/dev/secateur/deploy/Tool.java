package dev.secateur.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.secateur.demo.ToolCache;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A program that {@code .ci/tools} installs; a test that needs one is skipped where it is absent.
 */
public final class Tool {
  private final Path program;

  private Tool(Path program) {
    this.program = program;
  }

  public static Tool named(String name) {
    Optional<Path> found =
        Stream.concat(
                Stream.of(ToolCache.DIRECTORY.resolve("bin")),
                Stream.of(System.getenv("PATH").split(":")).map(Path::of))
            .map(directory -> directory.resolve(name))
            .filter(Files::isExecutable)
            .findFirst();
    assumeTrue(found.isPresent(), name + " is not installed: run .ci/tools");
    return new Tool(found.orElseThrow());
  }

  /** A program of the checkout itself. */
  static Tool ours(String path) {
    return new Tool(Path.of(path));
  }

  /** A file or directory that {@code .ci/tools} unpacked. */
  public static Path unpacked(String name) {
    Path path = ToolCache.DIRECTORY.resolve(name);
    assumeTrue(Files.exists(path), name + " is not unpacked: run .ci/tools");
    return path;
  }

  /** Runs to the end, which must be within half an hour. */
  public Result run(Map<String, String> environment, List<String> arguments) {
    try {
      Path out = Files.createTempFile("tool", ".out");
      Path err = Files.createTempFile("tool", ".err");
      Process process =
          builder(environment, arguments)
              .redirectOutput(out.toFile())
              .redirectError(err.toFile())
              .start();
      try {
        if (!process.waitFor(30, TimeUnit.MINUTES)) {
          fail("%s does not end; it said:%n%s%s", program, said(out), said(err));
        }
      } finally {
        process.destroyForcibly();
      }
      Result result = new Result(process.exitValue(), said(out), said(err));
      Files.delete(out);
      Files.delete(err);
      return result;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static String said(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }

  public Result run(String... arguments) {
    return run(Map.of(), List.of(arguments));
  }

  /** Starts a server that writes to {@code log}. */
  public Process start(Path log, Map<String, String> environment, List<String> arguments)
      throws IOException {
    return builder(environment, arguments)
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }

  private ProcessBuilder builder(Map<String, String> environment, List<String> arguments) {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    return builder;
  }

  /** How a program ended and what it said. */
  public record Result(int exit, String out, String err) {
    public Result succeeded() {
      assertThat(exit).as("exit code; it said:%n%s%s", out, err).isZero();
      return this;
    }
  }
}
