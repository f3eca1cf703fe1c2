package dev.secateur.cli;

/** What the process ends with. */
public final class ExitCode {
  /** Done, and accepted where there is something to accept. */
  public static final int DONE = 0;

  /** Ran, but the result misses its acceptance. */
  public static final int NOT_ACCEPTED = 1;

  /** Wrong usage or input: the same again cannot work. */
  public static final int INPUT = 2;

  /** Failed, stopped, or met a defect. */
  public static final int FAILED = 3;

  private ExitCode() {}
}
