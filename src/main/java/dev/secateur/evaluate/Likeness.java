package dev.secateur.evaluate;

import dev.secateur.dataset.Dataset;
import dev.secateur.dataset.Subset;
import dev.secateur.evaluate.Goal.Reading;
import dev.secateur.graph.Predictor;
import dev.secateur.plan.Measure;
import dev.secateur.plan.Task;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Whether a network gives its input back. A set without targets leaves open what numbers of the
 * input's shape are for: an autoencoder's are the input, and that shows in them. Shapes prove
 * nothing.
 */
public final class Likeness {
  private static final int SAMPLES = 128;

  /** Share of the input's variance that an autoencoder gives back at least. */
  private static final double EXPLAINED = 0.5;

  private Likeness() {}

  /** Whether only the network's answers can tell what they are for. */
  public static boolean open(List<Goal> goals, Dataset set) {
    Goal first = goals.get(0);
    return goals.size() == 1
        && first.task() == Task.IMITATION
        && first.reading() == Reading.NUMBERS
        && set.inputs().equals(List.of(first.shape()))
        && set.size() > 1;
  }

  /** The goals, with a reconstruction where the network makes one of what nobody named. */
  public static List<Goal> settled(
      List<Goal> goals, Predictor predictor, Dataset set, BooleanSupplier cancelled) {
    if (!open(goals, set)) {
      return goals;
    }
    Goal first = goals.get(0);
    List<Goal> reconstruction =
        List.of(
            new Goal(
                first.output(),
                Task.RECONSTRUCTION,
                Reading.NUMBERS,
                first.scale(),
                first.shape()));
    Evaluation evaluation =
        new Evaluator(reconstruction, Subset.spread(set, SAMPLES), cancelled).evaluate(predictor);
    return evaluation.outputs().get(0).measure(Measure.R2).orElse(0.0) > EXPLAINED
        ? reconstruction
        : goals;
  }
}
