package dev.secateur.job;

import dev.secateur.result.Training;
import dev.secateur.result.Variant;
import java.nio.file.Path;
import java.time.Duration;

/** Hears of a job's progress. Called on the job's thread; must return quickly. */
public interface JobListener {
  /** Hears nothing. */
  JobListener NONE = new JobListener() {};

  /**
   * Fine-tuning after some steps: not after each, since reading the loss costs time.
   *
   * @param step steps done, from 1
   * @param loss of that step's batch
   * @param sparsity over all pruned weights
   */
  record Step(int step, int steps, int epoch, int epochs, double loss, double sparsity) {}

  default void started(Stage stage) {}

  default void finished(Stage stage, Duration took) {}

  /**
   * A set is being read.
   *
   * @param rows read so far; heard of after each
   */
  default void read(Path set, long rows) {}

  default void step(Step step) {}

  default void epoch(Training.Epoch epoch) {}

  /** A variant has been measured. */
  default void measured(Variant variant) {}

  /**
   * Something was not made, since an earlier job has made it.
   *
   * @param product in words
   */
  default void reused(String product) {}

  /** Something that the user should know and that does not stop the job. */
  default void warned(String message) {}
}
