package dev.secateur.evaluate;

import java.util.Locale;

/**
 * Why a verdict on an output would rest on nothing.
 *
 * @param sentence with the figures, to follow a variant's name: "answers …"
 */
public record Fault(Kind kind, String sentence) {
  /** What is wrong. */
  public enum Kind {
    /** The output has NaN or infinity. */
    NOT_FINITE,
    /** Every sample gets the same answer. */
    CONSTANT,
    /** Every sample has the same target. */
    SAME_TARGETS,
    /** A constant answer would do as well. */
    CHANCE,
    /** Wrong answers are given with more certainty than any sound network has. */
    OVERCONFIDENT,
    /** The same, but not beyond doubt: a sound network that was overtrained may do so. */
    DOUBTFUL;

    /** As in reports: {@code not-finite}. */
    public String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** Whether this alone is enough to refuse a verdict. */
  public boolean certain() {
    return kind != Kind.DOUBTFUL;
  }
}
