package dev.secateur.evaluate;

import dev.secateur.dataset.Dataset;
import dev.secateur.graph.Predictor;
import dev.secateur.graph.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * Runs a variant over a set and judges each output by its goal.
 *
 * @param goals one an output
 * @param set with targets, or without
 * @param cancelled asked between batches
 */
public record Evaluator(List<Goal> goals, Dataset set, BooleanSupplier cancelled) {
  /** Largest number of classes for which the confusion matrix is kept. */
  public static final int MAX_CONFUSION = 100;

  private static final int BATCH = 32;

  public Evaluator {
    goals = List.copyOf(goals);
  }

  /**
   * The original, or any variant without one.
   *
   * @throws CancellationException if {@code cancelled} said so
   */
  public Evaluation evaluate(Predictor predictor) {
    return evaluate(predictor, Optional.empty(), Optional.empty());
  }

  /** The original: its outputs are kept, and it agrees with itself. */
  public Evaluation evaluateOriginal(Predictor predictor, RecordedOutputs outputs) {
    return evaluate(predictor, Optional.of(outputs), Optional.empty());
  }

  /** A variant beside the original. */
  public Evaluation evaluate(Predictor predictor, RecordedOutputs original) {
    return evaluate(predictor, Optional.empty(), Optional.of(original));
  }

  private Evaluation evaluate(
      Predictor predictor, Optional<RecordedOutputs> record, Optional<RecordedOutputs> original) {
    List<Judge> judges = goals.stream().map(g -> Judge.of(g, !set.targets().isEmpty())).toList();
    for (int from = 0; from < set.size(); from += BATCH) {
      if (cancelled.getAsBoolean()) {
        throw new CancellationException("evaluation stopped at sample " + from);
      }
      int[] indices = IntStream.range(from, Math.min(from + BATCH, set.size())).toArray();
      Dataset.Batch batch = set.batch(indices);
      List<Tensor> outputs = predictor.predict(batch.inputs());
      record.ifPresent(r -> r.add(outputs));
      List<Tensor> originals =
          original.map(o -> o.next(outputs)).orElse(record.isPresent() ? outputs : List.of());
      for (int i = 0; i < judges.size(); i++) {
        judges
            .get(i)
            .add(
                outputs.get(i).values(),
                target(batch, i),
                originals.isEmpty() ? Optional.empty() : Optional.of(originals.get(i).values()),
                indices.length);
      }
    }
    List<Judgement> judgements = new ArrayList<>();
    judges.forEach(j -> judgements.add(j.judgement(set.size())));
    return new Evaluation(set.size(), judgements);
  }

  /** An output that is the input again needs no target of its own. */
  private Optional<Tensor> target(Dataset.Batch batch, int output) {
    return switch (goals.get(output).task()) {
      case IMITATION -> Optional.empty();
      case RECONSTRUCTION ->
          Optional.of(
              batch.targets().isEmpty() ? batch.inputs().get(0) : batch.targets().get(output));
      case CLASSIFICATION, BINARY, MULTI_LABEL, REGRESSION, SEGMENTATION ->
          batch.targets().isEmpty() ? Optional.empty() : Optional.of(batch.targets().get(output));
    };
  }
}
