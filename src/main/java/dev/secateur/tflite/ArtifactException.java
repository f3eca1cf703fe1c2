package dev.secateur.tflite;

/** A file that was made, but does not load, run or answer as it must: it is not handed out. */
public final class ArtifactException extends TfliteException {
  private static final long serialVersionUID = 1L;

  ArtifactException(String message) {
    super(message);
  }

  ArtifactException(String message, Throwable cause) {
    super(message, cause);
  }
}
