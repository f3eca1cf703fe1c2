package dev.secateur.job;

import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * What another process resumes a job from: for each stage the newest state. A file is complete when
 * it is offered and when it is found. Checkpoints belong to one job: who keeps them makes sure that
 * inputs, plan and engine version are the same.
 */
public interface JobCheckpoints {
  /** Keeps nothing. */
  JobCheckpoints NONE =
      new JobCheckpoints() {
        @Override
        public Optional<Path> latest(Stage stage) {
          return Optional.empty();
        }

        @Override
        public void save(Stage stage, int step, State state) {}

        @Override
        public Duration interval() {
          return ChronoUnit.FOREVER.getDuration();
        }
      };

  /** A stage as it is now. */
  @FunctionalInterface
  interface State {
    /** Writes it to a file, over any that is there. */
    void writeTo(Path file);
  }

  Optional<Path> latest(Stage stage);

  /**
   * Keeps the state of a stage.
   *
   * @param step training steps done; 0 in other stages
   */
  void save(Stage stage, int step, State state);

  /** Time from one checkpoint to the next: what a worker that dies may lose. */
  Duration interval();
}
