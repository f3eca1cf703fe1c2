package dev.secateur.worker;

/**
 * Why a job ends in {@code failed}.
 *
 * @param code as {@code docs/operations.md} lists it
 * @param retried given up after all attempts: the record goes to the dead-letter topic as well
 */
record Failure(String code, String message, boolean retried) {
  /** A model may have thousands of layers that are refused; an event has its bounds. */
  private static final int LONGEST_MESSAGE = 4000;

  static final String DEADLINE = "deadline-exceeded";
  static final String MEMORY = "memory-exceeded";
  static final String ATTEMPTS = "attempts-exhausted";
  static final String CANCELLED = "cancelled";
  static final String FORBIDDEN = "access-denied";

  Failure {
    message = shortened(message);
  }

  /** Whether it answers equal jobs too: what passed by, or was asked for, does not. */
  boolean isShared() {
    return !retried && !code.equals(CANCELLED);
  }

  static String shortened(String message) {
    return message.length() <= LONGEST_MESSAGE
        ? message
        : message.substring(0, LONGEST_MESSAGE) + "…";
  }
}
