package dev.secateur.worker.run;

/**
 * Places at which a test kills the process as {@code kill -9} would: the one named by the system
 * property {@value #PROPERTY}. Without it, nothing.
 */
enum Failpoint {
  RESULT_STORED,
  EVENT_SENT;

  static final String PROPERTY = "dev.secateur.failpoint";

  private static final int KILLED = 137;

  void reached() {
    if (name().equals(System.getProperty(PROPERTY))) {
      Runtime.getRuntime().halt(KILLED);
    }
  }
}
