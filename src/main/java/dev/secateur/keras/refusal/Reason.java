package dev.secateur.keras.refusal;

/**
 * One reason why a file is refused.
 *
 * @param place where in the file: a layer, a weight, a path inside it; "" for the file itself
 * @param message what is wrong there
 * @param remedy what the user can do
 */
public record Reason(Kind kind, String place, String message, String remedy) {
  private static final int LONGEST = 60;

  @Override
  public String toString() {
    return (place.isEmpty() ? "" : place + ": ") + message + " (" + remedy + ")";
  }

  /** What a file says, short enough for a message. */
  public static String abbreviated(String text) {
    return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "…";
  }
}
