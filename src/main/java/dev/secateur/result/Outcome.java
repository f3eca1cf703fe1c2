package dev.secateur.result;

/** What came of a job. */
public enum Outcome {
  /** Ran, and meets its acceptance. */
  ACCEPTED,
  /** Ran, but misses its acceptance; everything is there to look at. */
  REJECTED,
  /** Could not run. */
  FAILED
}
