package dev.secateur.keras.spec;

import java.util.Locale;

/** Names of classes as Keras writes them in snake case: {@code Conv2D} is {@code conv2d}. */
public final class SnakeCase {
  private SnakeCase() {}

  /**
   * Without a package before {@code >}; a name all in capitals, such as {@code MSE}, is lowered.
   */
  public static String of(String name) {
    String own = name.substring(name.lastIndexOf('>') + 1);
    if (own.equals(own.toUpperCase(Locale.ROOT))) {
      return own.toLowerCase(Locale.ROOT);
    }
    return own.replaceAll("(.)([A-Z][a-z0-9]+)", "$1_$2")
        .replaceAll("([a-z])([A-Z])", "$1_$2")
        .toLowerCase(Locale.ROOT);
  }
}
