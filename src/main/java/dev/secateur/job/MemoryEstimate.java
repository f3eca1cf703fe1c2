package dev.secateur.job;

import dev.secateur.dataset.Allowance;
import dev.secateur.dataset.DatasetException;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Shape;
import dev.secateur.keras.KerasException;
import dev.secateur.keras.KerasModel;
import dev.secateur.keras.KerasSource;
import dev.secateur.plan.Plan;
import dev.secateur.plan.Pruning;
import dev.secateur.prune.Reconstruction;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * How much memory a job is likely to need, in bytes, known from its model's shapes before anything
 * large is allocated. Rough, and meant to be on the high side: it tells a job that fits from one
 * that would be killed in mid-work.
 */
public final class MemoryEstimate {
  /** TensorFlow and TensorFlow Lite themselves, once they have run. */
  private static final long LIBRARIES = 350L << 20;

  /** Weights, gradients, two optimizer moments, masks, the teacher, and copies in both formats. */
  private static final int COPIES_OF_WEIGHTS = 9;

  /** Outputs kept for the backward pass, their gradients, and the teacher's. */
  private static final int COPIES_OF_ACTIVATIONS = 3;

  private MemoryEstimate() {}

  /**
   * What pruning and fine-tuning the job's model takes; a file that cannot be read needs no more
   * than itself.
   */
  public static long of(Job job, BooleanSupplier cancelled) {
    return of(job.plan(), () -> JobInputs.read(job, cancelled));
  }

  /**
   * What pruning and fine-tuning {@code model} takes; a file that cannot be read needs no more than
   * itself.
   *
   * @param train the samples, whose shape a model takes that states none
   * @param reading what may be taken to find that out
   */
  static long of(KerasSource model, Path train, Plan plan, Allowance reading) {
    return of(plan, () -> JobInputs.read(model, train, plan, reading, () -> false));
  }

  private static long of(Plan plan, Supplier<KerasModel> model) {
    Graph graph;
    try {
      graph = model.get().graph();
    } catch (KerasException | DatasetException e) {
      // The chain says what is wrong with it, at length.
      return LIBRARIES;
    }
    long training = of(graph, plan.fineTuning().batchSize());
    boolean reconstructs =
        plan.pruning().method() == Pruning.Method.RECONSTRUCT && plan.pruning().finalSparsity() > 0;
    return reconstructs ? Math.max(training, ofReconstruction(graph)) : training;
  }

  static long of(Graph graph, int batchSize) {
    Map<String, Shape> shapes = graph.shapes();
    double weights = (double) graph.parameters() * Float.BYTES;
    double activations =
        graph.nodes().stream()
            .map(node -> shapes.get(node.name()))
            .mapToDouble(shape -> elements(shape, batchSize) * Float.BYTES)
            .sum();
    // In floating point: what is too large must not wrap into what is small.
    return (long) (LIBRARIES + COPIES_OF_WEIGHTS * weights + COPIES_OF_ACTIVATIONS * activations);
  }

  /** One layer after the other, before anything is trained. */
  static long ofReconstruction(Graph graph) {
    double weights = (double) graph.parameters() * Float.BYTES;
    return (long)
        (LIBRARIES
            + COPIES_OF_WEIGHTS * weights
            + Reconstruction.bytes(
                graph,
                Reconstructed.BYTES,
                Reconstructed.BATCH,
                Runtime.getRuntime().availableProcessors()));
  }

  /** The batch dimension, the only one that is unknown, counts as the batch size. */
  private static double elements(Shape shape, int batchSize) {
    double elements = 1;
    for (int dim : shape.toArray()) {
      elements *= dim == Shape.UNKNOWN ? batchSize : dim;
    }
    return elements;
  }
}
