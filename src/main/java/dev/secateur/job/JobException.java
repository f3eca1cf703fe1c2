package dev.secateur.job;

import dev.secateur.result.FailureReason;

/** A job that cannot go on; the message names file, place and remedy where there is one. */
public final class JobException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final FailureReason reason;

  public JobException(FailureReason reason, String message) {
    this(reason, message, null);
  }

  public JobException(FailureReason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  public FailureReason reason() {
    return reason;
  }
}
