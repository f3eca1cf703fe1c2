package dev.secateur.worker.run;

import dev.secateur.job.Stage;
import dev.secateur.worker.JobMeters;
import java.time.Duration;

/**
 * How far a running job is, for its signs of life. Written by the job's thread, read by the one
 * that beats.
 */
final class Pulse {
  /** More than any training has steps, so that a position grows over the whole chain. */
  private static final long STAGE = 1_000_000_000L;

  /** More than a chain's: what is made after another was refused is further than that was. */
  private static final long CHOICE = 100 * STAGE;

  private volatile String stage = JobMeters.FETCH;
  private volatile long step;
  private volatile long kept;
  private volatile double done;
  private volatile long moved = System.nanoTime();

  /** Where a stage's checkpoint stands in the whole chain; grows with it, and is above zero. */
  static long position(Stage stage, int step) {
    return (stage.ordinal() + 1) * STAGE + step;
  }

  /** Where the making begins of what a search has chosen after so many were refused. */
  static long chosen(int refused) {
    return refused * CHOICE;
  }

  /** The job's thread is alive, and asks. */
  void moved() {
    moved = System.nanoTime();
  }

  void at(String name, long now, double share) {
    stage = name;
    step = Math.max(step, now);
    done = share;
    moved();
  }

  /** A checkpoint was written, or found. */
  void kept(long position) {
    kept = Math.max(kept, position);
    moved();
  }

  String stage() {
    return stage;
  }

  long step() {
    return step;
  }

  long kept() {
    return kept;
  }

  double done() {
    return done;
  }

  Duration still() {
    return Duration.ofNanos(System.nanoTime() - moved);
  }
}
