package dev.secateur.worker.run;

/** The system properties by which a test stops or kills a worker at a certain place. */
public final class Hooks {
  public static final String STAGE_GATE = StageGate.PROPERTY;
  public static final String FAILPOINT = Failpoint.PROPERTY;

  private Hooks() {}
}
