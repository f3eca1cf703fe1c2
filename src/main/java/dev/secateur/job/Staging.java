package dev.secateur.job;

import dev.secateur.dataset.SourceDigest;
import dev.secateur.result.FailureReason;
import dev.secateur.result.JobResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Where artifacts are made before they are shown: a directory inside the output, so that moving is
 * renaming. The manifest is the last to appear and the first to go: one that is there describes
 * what is there.
 */
final class Staging implements AutoCloseable {
  static final String MANIFEST = "manifest.json";

  private final Path output;
  private final Path directory;
  private final boolean made;

  private Staging(Path output, Path directory, boolean made) {
    this.output = output;
    this.directory = directory;
    this.made = made;
  }

  /** Fails at once where the output cannot be written, rather than after the training. */
  static Staging in(Path output) {
    boolean made = !Files.exists(output);
    try {
      Files.createDirectories(output);
      return new Staging(output, Files.createTempDirectory(output, ".staging-"), made);
    } catch (IOException e) {
      throw new JobException(
          FailureReason.OUTPUT_UNWRITABLE,
          output
              + ": cannot be written ("
              + e.getClass().getSimpleName()
              + "; name a directory that you may write to)",
          e);
    }
  }

  Path file(String name) {
    return directory.resolve(name);
  }

  /** Writes a file's bytes. */
  interface Content {
    void writeTo(Path file) throws IOException;
  }

  /** Makes an artifact. */
  void write(String name, Content content) {
    try {
      content.writeTo(file(name));
    } catch (IOException e) {
      throw Failures.unwritable(file(name), e);
    }
  }

  /** Takes a file back that was made to see whether it can be. */
  void discard(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw Failures.unwritable(file, e);
    }
  }

  /** Adds the reports and the manifest, and moves everything into the output. */
  JobResult publish(JobResult result, ReportWriter reports) {
    try {
      JobResult described = result.withArtifacts(artifacts());
      reports.write(described, directory);
      JobResult complete = described.withArtifacts(artifacts());
      Manifest.write(complete, file(MANIFEST));
      Set<String> earlier = Manifest.files(output.resolve(MANIFEST));
      Files.deleteIfExists(output.resolve(MANIFEST));
      for (JobResult.Artifact artifact : complete.artifacts()) {
        move(artifact.file());
        earlier.remove(artifact.file());
      }
      for (String file : earlier) {
        // Of an earlier job that came further than this one: nobody vouches for it any more.
        Files.deleteIfExists(output.resolve(file));
      }
      move(MANIFEST);
      return complete;
    } catch (IOException e) {
      throw Failures.unwritable(output, e);
    }
  }

  private List<JobResult.Artifact> artifacts() throws IOException {
    List<JobResult.Artifact> artifacts = new ArrayList<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : (Iterable<Path>) files.sorted()::iterator) {
        artifacts.add(
            new JobResult.Artifact(
                file.getFileName().toString(), Files.size(file), SourceDigest.of(file)));
      }
    }
    return artifacts;
  }

  private void move(String name) throws IOException {
    Files.move(
        file(name),
        output.resolve(name),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  public void close() {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    removeIfMadeInVain();
  }

  private void removeIfMadeInVain() {
    try (Stream<Path> left = Files.list(output)) {
      if (made && left.findAny().isEmpty()) {
        Files.delete(output);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
