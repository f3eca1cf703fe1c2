package dev.secateur.worker;

/**
 * Why a job ends in {@code failed}.
 *
 * @param code as {@code docs/operations.md} lists it
 * @param retried given up after all attempts: the record goes to the dead-letter topic as well
 */
public record Failure(String code, String message, boolean retried) {
  /** A model may have thousands of layers that are refused; an event has its bounds. */
  private static final int LONGEST_MESSAGE = 4000;

  public static final String DEADLINE = "deadline-exceeded";
  public static final String MEMORY = "memory-exceeded";
  public static final String ATTEMPTS = "attempts-exhausted";
  public static final String CANCELLED = "cancelled";
  public static final String FORBIDDEN = "access-denied";

  public Failure {
    message = shortened(message);
  }

  /** Whether it answers equal jobs too: what passed by, or was asked for, does not. */
  public boolean isShared() {
    return !retried && !code.equals(CANCELLED);
  }

  static String shortened(String message) {
    return message.length() <= LONGEST_MESSAGE
        ? message
        : message.substring(0, LONGEST_MESSAGE) + "…";
  }
}
