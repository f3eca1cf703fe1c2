package dev.secateur.worker;

/**
 * Why a job ends in {@code failed}.
 *
 * @param code as {@code docs/operations.md} lists it
 * @param retried given up after all attempts: the record goes to the dead-letter topic as well
 */
record Failure(String code, String message, boolean retried) {
  static final String DEADLINE = "deadline-exceeded";
  static final String MEMORY = "memory-exceeded";
  static final String ATTEMPTS = "attempts-exhausted";
  static final String FORBIDDEN = "access-denied";
}
