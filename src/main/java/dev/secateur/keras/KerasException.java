package dev.secateur.keras;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** A file that is refused, with every reason that was found. */
public final class KerasException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Path file;
  private final transient List<Reason> reasons;

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
    UNWRITABLE
  }

  /**
   * One reason.
   *
   * @param place where in the file: a layer, a weight, a path inside it; "" for the file itself
   * @param message what is wrong there
   * @param remedy what the user can do
   */
  public record Reason(Kind kind, String place, String message, String remedy) {
    @Override
    public String toString() {
      return (place.isEmpty() ? "" : place + ": ") + message + " (" + remedy + ")";
    }
  }

  public KerasException(Path file, List<Reason> reasons) {
    this(file, reasons, null);
  }

  public KerasException(Path file, List<Reason> reasons, Throwable cause) {
    super(
        file + ": " + reasons.stream().map(Reason::toString).collect(Collectors.joining("; ")),
        cause);
    this.file = file;
    this.reasons = List.copyOf(reasons);
  }

  public Path file() {
    return file;
  }

  /** All reasons, at least one. */
  public List<Reason> reasons() {
    return reasons;
  }
}
