package dev.secateur.job;

import dev.secateur.train.TrainingListener;
import java.time.Duration;

/** Hears of a job's progress. Called on the job's thread; must return quickly. */
public interface JobListener extends TrainingListener {
  /** Hears nothing. */
  JobListener NONE = new JobListener() {};

  default void started(Stage stage) {}

  default void finished(Stage stage, Duration took) {}

  /** A variant has been measured. */
  default void measured(JobResult.Variant variant) {}

  /** Something that the user should know and that does not stop the job. */
  default void warned(String message) {}
}
