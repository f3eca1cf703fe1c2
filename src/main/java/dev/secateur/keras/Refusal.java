package dev.secateur.keras;

import dev.secateur.keras.KerasException.Kind;
import dev.secateur.keras.KerasException.Reason;

/** One reason on its way up to where the file's reasons are gathered. */
final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Reason reason;

  Refusal(Kind kind, String place, String message, String remedy) {
    this(new Reason(kind, place, message, remedy));
  }

  Refusal(Reason reason) {
    super(reason.toString(), null, false, false);
    this.reason = reason;
  }

  Reason reason() {
    return reason;
  }

  static Refusal option(String place, String message) {
    return new Refusal(
        Kind.UNSUPPORTED_OPTION, place, message, "build the layer without this option");
  }

  static Refusal config(String place, String message) {
    return new Refusal(
        Kind.INVALID_CONFIG, place, message, "save the model again with Keras, whole");
  }

  static Refusal corrupt(String place, String message) {
    return new Refusal(Kind.CORRUPT, place, message, "fetch or save the file again: it is damaged");
  }

  static Refusal limit(String place, String message) {
    return new Refusal(Kind.LIMIT, place, message, "use a smaller model");
  }
}
