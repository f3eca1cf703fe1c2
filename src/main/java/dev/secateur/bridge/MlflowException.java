package dev.secateur.bridge;

/** A request that MLflow did not grant; the message says which, and what it said. */
final class MlflowException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Why. */
  enum Kind {
    /**
     * No answer, one that says "later", or one to everybody who comes with this address or log-in.
     */
    AWAY,
    MISSING,
    EXISTS,
    REFUSED
  }

  private final Kind kind;

  MlflowException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  MlflowException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  Kind kind() {
    return kind;
  }
}
