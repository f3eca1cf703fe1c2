package dev.secateur.tflite;

/** A network that TFLite cannot express as asked, or a model that its interpreter refuses. */
public sealed class TfliteException extends RuntimeException
    permits ArtifactException, NothingFiniteException {
  private static final long serialVersionUID = 1L;

  public TfliteException(String message) {
    super(message);
  }

  public TfliteException(String message, Throwable cause) {
    super(message, cause);
  }
}
