package dev.secateur.evaluate;

import dev.secateur.graph.Shape;
import java.util.OptionalInt;

/**
 * What a network's output means, as its shapes tell.
 *
 * @param kind how outputs are judged
 * @param classes number of classes; empty where there are none
 */
public record Task(Kind kind, OptionalInt classes) {
  /** Guessing gets one of the classes right, and a small set may be lucky. */
  private static final double CHANCE = 1.2;

  /** How outputs are judged. */
  public enum Kind {
    /** One output a class: probabilities, or logits. */
    CLASSES,
    /** One output: the probability, or the logit, of class 1. */
    BINARY,
    /** The output is the input again. */
    RECONSTRUCTION,
    /** Outputs that no label describes: only compared with the original's. */
    OTHER
  }

  /** Whether an accuracy is no better than guessing among the classes. */
  public boolean isAtChance(double top1) {
    return classes.isPresent() && top1 <= CHANCE / classes.getAsInt();
  }

  /** From the shapes of the input and the output, batch unknown. */
  public static Task of(Shape input, Shape output) {
    if (output.equals(input) || (output.rank() > 2 && output.size() == input.size())) {
      return new Task(Kind.RECONSTRUCTION, OptionalInt.empty());
    }
    if (output.size() != output.last()) {
      return new Task(Kind.OTHER, OptionalInt.empty());
    }
    return output.last() == 1
        ? new Task(Kind.BINARY, OptionalInt.of(2))
        : new Task(Kind.CLASSES, OptionalInt.of(output.last()));
  }
}
