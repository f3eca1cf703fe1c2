package dev.secateur.ledger;

/** An object of the ledger that this worker cannot read; the message names it. */
public final class UnreadableException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final boolean newer;

  UnreadableException(String message, boolean newer) {
    super(message);
    this.newer = newer;
  }

  /** Written by a newer version, and so not damaged. */
  boolean isNewer() {
    return newer;
  }
}
