package dev.secateur.keras;

import dev.secateur.keras.KerasException.Kind;
import dev.secateur.keras.KerasException.Reason;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Gathers what is wrong with a file, so that all of it is said at once. */
final class Reasons {
  /** More would not help the user, and a hostile file could have millions. */
  private static final int MOST = 200;

  private final Set<Reason> found = new LinkedHashSet<>();

  void add(Kind kind, String place, String message, String remedy) {
    add(new Reason(kind, place, message, remedy));
  }

  void add(Reason reason) {
    if (found.size() < MOST) {
      found.add(reason);
    }
  }

  boolean isEmpty() {
    return found.isEmpty();
  }

  /**
   * @throws KerasException if there are any
   */
  void check(Path file) {
    if (!found.isEmpty()) {
      throw new KerasException(file, List.copyOf(found));
    }
  }
}
