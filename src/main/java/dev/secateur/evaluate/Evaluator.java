package dev.secateur.evaluate;

import dev.secateur.dataset.Dataset;
import dev.secateur.graph.Predictor;
import dev.secateur.graph.Tensor;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/** Runs a variant over a set. */
public final class Evaluator {
  /** Largest number of classes for which the confusion matrix is kept. */
  public static final int MAX_CONFUSION = 100;

  private static final int BATCH = 32;

  private Evaluator() {}

  /**
   * @param cancelled asked between batches
   * @throws CancellationException if {@code cancelled} said so
   */
  public static Evaluation evaluate(
      Predictor predictor, Dataset set, Task task, BooleanSupplier cancelled) {
    Scores scores =
        switch (task.kind()) {
          case CLASSES -> new ClassScores(task.classes().orElseThrow(), set);
          case BINARY -> new BinaryScores(set);
          case RECONSTRUCTION -> new ReconstructionScores(set.size());
          case OTHER -> new NoScores(set.size());
        };
    for (int from = 0; from < set.size(); from += BATCH) {
      if (cancelled.getAsBoolean()) {
        throw new CancellationException("evaluation stopped at sample " + from);
      }
      int[] indices = IntStream.range(from, Math.min(from + BATCH, set.size())).toArray();
      Dataset.Batch batch = set.batch(indices);
      scores.add(batch, predictor.predict(List.of(batch.x())).get(0));
    }
    return scores.evaluation();
  }

  /** Gathers what a kind of task is judged by. */
  interface Scores {
    /**
     * @param output (batch, …), in the order of the batch
     */
    void add(Dataset.Batch batch, Tensor output);

    Evaluation evaluation();
  }
}
