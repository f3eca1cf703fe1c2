package dev.secateur.train;

/** A network or data that cannot be trained as asked: says what is wrong and what helps. */
public final class TrainingException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why. */
  public enum Reason {
    /** The samples do not have the shape of the network's input. */
    SHAPE,
    /** Labels are missing, outside the classes, or do not fit the output. */
    LABELS,
    /** Several inputs, or several outputs without distillation. */
    INPUTS_OR_OUTPUTS,
    /** The loss became NaN or infinite. */
    DIVERGED,
    /** The checkpoint is damaged or belongs to another run. */
    CHECKPOINT
  }

  private final Reason reason;

  public TrainingException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public TrainingException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
