package dev.secateur.evaluate;

import dev.secateur.graph.Tensor;
import java.util.Optional;

/** Gathers what one output is judged by, batch by batch. */
interface Judge {
  /**
   * @param output of the samples, one after the other
   * @param target of the same samples, if there is one
   * @param original the original's output for them, if it is known
   * @param samples in the batch
   */
  void add(float[] output, Optional<Tensor> target, Optional<float[]> original, int samples);

  Judgement judgement(int samples);

  /**
   * @param targets whether targets will come
   */
  static Judge of(Goal goal, boolean targets) {
    return switch (goal.reading()) {
      case CLASSES -> new ClassJudge(goal, targets);
      case DECISIONS -> new DecisionJudge(goal, targets);
      case NUMBERS -> new NumberJudge(goal);
    };
  }
}
