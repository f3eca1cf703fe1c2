package dev.secateur.bridge;

/** What is asked for cannot be ordered; the message tells its owner what to change. */
final class Refusal extends Exception {
  private static final long serialVersionUID = 1;

  Refusal(String message) {
    super(message);
  }

  Refusal(String message, Throwable cause) {
    super(message, cause);
  }
}
