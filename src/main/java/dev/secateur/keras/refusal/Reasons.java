package dev.secateur.keras.refusal;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Gathers what is wrong with a file, so that all of it is said at once. */
public final class Reasons {
  /** More would not help the user, and a hostile file could have millions. */
  private static final int MOST = 200;

  private final Set<Reason> found = new LinkedHashSet<>();

  public void add(Kind kind, String place, String message, String remedy) {
    add(new Reason(kind, place, message, remedy));
  }

  public void add(Reason reason) {
    if (found.size() < MOST) {
      found.add(reason);
    }
  }

  public void add(Refusal refusal) {
    refusal.reasons().forEach(this::add);
  }

  public List<Reason> all() {
    return List.copyOf(found);
  }

  public boolean isEmpty() {
    return found.isEmpty();
  }

  /**
   * @throws Refusal with all of them, if there are any
   */
  public void check() {
    if (!found.isEmpty()) {
      throw new Refusal(List.copyOf(found));
    }
  }
}
