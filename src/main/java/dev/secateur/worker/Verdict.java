package dev.secateur.worker;

import java.time.Duration;

/** What becomes of a record. */
sealed interface Verdict {
  /** Answered, durably: acknowledge. */
  record Done() implements Verdict {}

  /** Another worker is at it: look again after {@code pause}. */
  record Later(Duration pause) implements Verdict {}

  /** The worker drains: neither acknowledge nor refuse. */
  record Left() implements Verdict {}

  Verdict DONE = new Done();
  Verdict LEFT = new Left();
}
