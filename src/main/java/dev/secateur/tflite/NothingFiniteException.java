package dev.secateur.tflite;

/** A tensor has no range, for none of its values was finite: the network itself is broken. */
public final class NothingFiniteException extends TfliteException {
  private static final long serialVersionUID = 1L;

  NothingFiniteException(String what) {
    super(what + " has no finite value in the representative set");
  }
}
