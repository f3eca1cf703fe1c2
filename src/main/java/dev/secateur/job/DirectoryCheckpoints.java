package dev.secateur.job;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Checkpoints in a local directory: one file a stage, the newest, moved into place when complete;
 * and the key of the job that they belong to.
 */
public final class DirectoryCheckpoints implements JobCheckpoints {
  private static final String KEY = "job";

  /** A local file costs little. */
  private static final Duration INTERVAL = Duration.ofSeconds(1);

  private final Path directory;
  private final Supplier<String> jobKey;
  private boolean resumes;

  /**
   * @param directory made when the first checkpoint is saved
   * @param jobKey of the job that resumes or begins here; asked where there is a checkpoint
   * @param resumes whether earlier checkpoints of this job count
   */
  public DirectoryCheckpoints(Path directory, Supplier<String> jobKey, boolean resumes) {
    this.directory = directory;
    this.jobKey = jobKey;
    this.resumes = resumes;
  }

  public String jobKey() {
    return jobKey.get();
  }

  /** The key of the job whose checkpoints lie here, if there are any. */
  public Optional<String> owner() {
    try {
      return Optional.of(Files.readString(directory.resolve(KEY)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Removes all checkpoints, whosever they are. */
  public void clear() {
    if (!Files.isDirectory(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
      for (Path file : deepestFirst) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Optional<Path> latest(Stage stage) {
    Path file = directory.resolve(stage.label());
    boolean mine = owner().filter(o -> o.equals(jobKey())).isPresent();
    return resumes && mine && Files.exists(file) ? Optional.of(file) : Optional.empty();
  }

  @Override
  public void save(Stage stage, int step, State state) {
    try {
      if (!resumes) {
        clear();
        resumes = true;
      }
      Files.createDirectories(directory);
      Files.writeString(directory.resolve(KEY), jobKey());
      Path beside = directory.resolve(stage.label() + ".part");
      state.writeTo(beside);
      Files.move(
          beside,
          directory.resolve(stage.label()),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw Failures.unwritable(directory, e);
    }
  }

  @Override
  public Duration interval() {
    return INTERVAL;
  }
}
