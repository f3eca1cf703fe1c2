package dev.secateur.worker.intake;

import java.time.Duration;

/** What becomes of a record. */
sealed interface Disposition {
  /** Answered, durably: acknowledge. */
  record Done() implements Disposition {}

  /** Another worker is at it: look again after {@code pause}. */
  record Later(Duration pause) implements Disposition {}

  /** The worker drains: neither acknowledge nor refuse. */
  record Left() implements Disposition {}

  Disposition DONE = new Done();
  Disposition LEFT = new Left();
}
