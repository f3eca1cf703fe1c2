package dev.secateur.train;

/** The caller asked to stop; a checkpoint of this very step was saved before. */
public final class TrainingCancelled extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int step;

  TrainingCancelled(int step) {
    super("stopped after step " + step);
    this.step = step;
  }

  /** Steps done. */
  public int step() {
    return step;
  }
}
