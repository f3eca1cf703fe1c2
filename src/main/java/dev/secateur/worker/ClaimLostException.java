package dev.secateur.worker;

/** Another worker has taken this job over; nothing more may be written for it. */
final class ClaimLostException extends RuntimeException {
  private static final long serialVersionUID = 1;

  ClaimLostException(JobKey key, long epoch) {
    super("job " + key.abbreviated() + ": claim " + epoch + " was taken over");
  }
}
