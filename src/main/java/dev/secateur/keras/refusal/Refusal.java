package dev.secateur.keras.refusal;

import java.util.List;

/** Reasons against a file, on their way up to where it is refused. */
public final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<Reason> reasons;

  public Refusal(Kind kind, String place, String message, String remedy) {
    this(new Reason(kind, place, message, remedy));
  }

  public Refusal(Reason reason) {
    this(List.of(reason));
  }

  public Refusal(List<Reason> reasons) {
    super(reasons.toString(), null, false, false);
    this.reasons = List.copyOf(reasons);
  }

  /** At least one. */
  public List<Reason> reasons() {
    return reasons;
  }

  public static Refusal option(String place, String message) {
    return new Refusal(
        Kind.UNSUPPORTED_OPTION, place, message, "build the layer without this option");
  }

  public static Refusal config(String place, String message) {
    return new Refusal(
        Kind.INVALID_CONFIG, place, message, "save the model again with Keras, whole");
  }

  public static Refusal corrupt(String place, String message) {
    return new Refusal(Kind.CORRUPT, place, message, "fetch or save the file again: it is damaged");
  }

  public static Refusal limit(String place, String message) {
    return new Refusal(Kind.LIMIT, place, message, "use a smaller model");
  }
}
