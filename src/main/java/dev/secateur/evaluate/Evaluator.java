package dev.secateur.evaluate;

import dev.secateur.dataset.Dataset;
import dev.secateur.graph.Predictor;
import dev.secateur.graph.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
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
    return evaluate(predictor::predict, outputs -> List.of());
  }

  /** The original: its outputs are kept, and it agrees with itself. */
  public Evaluation evaluateOriginal(Predictor predictor, RecordedOutputs outputs) {
    return evaluate(
        inputs -> {
          List<Tensor> answers = predictor.predict(inputs);
          outputs.add(answers);
          return answers;
        },
        answers -> answers);
  }

  /** The original, which has been run on this set before: its outputs are read, not computed. */
  public Evaluation evaluateOriginal(RecordedOutputs outputs) {
    outputs.rewind();
    return evaluate(
        inputs -> {
          int samples = inputs.get(0).shape().dim(0);
          return outputs.next(goals.stream().map(g -> g.shape().withBatch(samples)).toList());
        },
        answers -> answers);
  }

  /** A variant beside the original. */
  public Evaluation evaluate(Predictor predictor, RecordedOutputs original) {
    return evaluate(
        predictor::predict, answers -> original.next(answers.stream().map(Tensor::shape).toList()));
  }

  /**
   * @param network gives the outputs of a batch of inputs
   * @param original the original's for the same, from those of the network; none if not known
   */
  private Evaluation evaluate(
      UnaryOperator<List<Tensor>> network, UnaryOperator<List<Tensor>> original) {
    List<Judge> judges = goals.stream().map(g -> Judge.of(g, !set.targets().isEmpty())).toList();
    for (int from = 0; from < set.size(); from += BATCH) {
      if (cancelled.getAsBoolean()) {
        throw new CancellationException("evaluation stopped at sample " + from);
      }
      int[] indices = IntStream.range(from, Math.min(from + BATCH, set.size())).toArray();
      Dataset.Batch batch = set.batch(indices);
      List<Tensor> outputs = network.apply(batch.inputs());
      List<Tensor> originals = original.apply(outputs);
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
