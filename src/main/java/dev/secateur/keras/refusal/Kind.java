package dev.secateur.keras.refusal;

/** Why a file is refused. */
public enum Kind {
  /** Missing, or not permitted to be read. */
  UNREADABLE,
  EMPTY,
  /** A Git LFS pointer instead of the file. */
  LFS_POINTER,
  /** Another kind of file or directory: SavedModel, ONNX, TFLite, PyTorch, … */
  FOREIGN_FORMAT,
  /** Damaged, truncated, or built to harm. */
  CORRUPT,
  /** No architecture in the file. */
  WEIGHTS_ONLY,
  /** Lambda layers: the file carries Python code. */
  EXECUTES_CODE,
  /** Classes that are not Keras' own. */
  CUSTOM_CLASS,
  RECURRENT,
  ATTENTION,
  CHANNELS_FIRST,
  /** A layer or operation of Keras that is not supported. */
  UNSUPPORTED_LAYER,
  /** An option of a supported layer. */
  UNSUPPORTED_OPTION,
  /** A configuration that makes no sense. */
  INVALID_CONFIG,
  /** Weights are missing, left over, or of another shape. */
  WEIGHTS_MISMATCH,
  /** NaN or infinity among the weights. */
  NOT_FINITE,
  /** The model has no input shape. */
  INPUT_SHAPE_UNKNOWN,
  /** Larger, deeper or more than the bounds allow. */
  LIMIT,
  /** The output cannot be written. */
  UNWRITABLE,
  /** A file that was just written does not hold what it was to hold: a fault of this program. */
  MISWRITTEN
}
