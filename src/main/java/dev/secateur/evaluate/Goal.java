package dev.secateur.evaluate;

import dev.secateur.graph.Shape;
import dev.secateur.plan.FineTuning.Loss;
import dev.secateur.plan.Task;
import java.util.Optional;

/**
 * What one output of a network is for.
 *
 * @param output its name
 * @param reading what its numbers say
 * @param scale of its numbers, where they are scores
 * @param shape of the output, batch unknown
 */
public record Goal(String output, Task task, Reading reading, Scale scale, Shape shape) {
  /** What an output's numbers say. */
  public enum Reading {
    /** A score for each class along the last axis: the highest is the answer. */
    CLASSES,
    /** A score for each 0/1 decision. */
    DECISIONS,
    /** The answer itself. */
    NUMBERS
  }

  /** What scores are. */
  public enum Scale {
    PROBABILITIES,
    LOGITS,
    /** Unknown: probabilities never leave [0, 1], and the logits of a whole set do. */
    BY_VALUE
  }

  /** What trains such an output, where the file names no loss; empty: its function says it. */
  public Optional<Loss> loss() {
    boolean known = scale == Scale.PROBABILITIES || task == Task.IMITATION;
    return switch (reading) {
      case CLASSES -> Optional.empty();
      case DECISIONS -> known ? Optional.empty() : Optional.of(Loss.BINARY_CROSS_ENTROPY_LOGITS);
      case NUMBERS ->
          task == Task.RECONSTRUCTION || task == Task.REGRESSION
              ? Optional.of(Loss.MEAN_SQUARED_ERROR)
              : Optional.empty();
    };
  }

  /** The same, with scores that are known to be on this scale. */
  public Goal on(Scale known) {
    return new Goal(output, task, reading, known, shape);
  }

  /** Whether there is one answer a sample, not one for each position of an image. */
  boolean vector() {
    return shape.size() == shape.last();
  }
}
