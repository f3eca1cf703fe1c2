package dev.secateur.result;

import java.util.Locale;

/** What came of a job. */
public enum Outcome {
  /** Ran, and meets its acceptance. */
  ACCEPTED,
  /** Ran, but misses its acceptance; everything is there to look at. */
  REJECTED,
  /** Could not run. */
  FAILED;

  /** As in reports and events: {@code accepted}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
