package dev.secateur.result;

/** Why a job could not run. */
public enum FailureReason {
  /** The model file is missing, empty, truncated, or of another kind. */
  MODEL_UNREADABLE(true),
  /** The model is sound but holds something that Secateur refuses. */
  MODEL_UNSUPPORTED(true),
  /** The data cannot be read, or does not fit the model. */
  DATASET_INVALID(true),
  PLAN_INVALID(true),
  /** A model that cannot become TFLite. */
  CONVERSION_IMPOSSIBLE(true),
  /** Training left the finite numbers. */
  TRAINING_DIVERGED(true),
  /** The output cannot be written: no permission, no space. */
  OUTPUT_UNWRITABLE(false),
  OUT_OF_MEMORY(false),
  /** A defect of Secateur or of a native library. */
  INTERNAL(false);

  private final boolean permanent;

  FailureReason(boolean permanent) {
    this.permanent = permanent;
  }

  /** Whether the same inputs can never run, so that trying again is pointless. */
  public boolean permanent() {
    return permanent;
  }
}
