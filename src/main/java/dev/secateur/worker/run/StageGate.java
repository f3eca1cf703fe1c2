package dev.secateur.worker.run;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * Lets a test meet a stage that is over in milliseconds: a job waits at the beginning of each stage
 * for a file of the stage's name in the directory that the system property {@value #PROPERTY}
 * names. Without it, nothing.
 */
final class StageGate {
  static final String PROPERTY = "dev.secateur.stagegate";

  private static final long LOOK_NANOS = Duration.ofMillis(5).toNanos();

  private StageGate() {}

  static void pass(String stage) {
    String directory = System.getProperty(PROPERTY);
    while (directory != null && !Files.exists(Path.of(directory, stage))) {
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }
}
