package dev.secateur.tflite;

import dev.secateur.dataset.Dataset;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * Measures the activation ranges of a network over a representative set.
 *
 * @param threads for the interpreter
 * @param trainingRange values that the network was trained on, to compare the set with
 */
public record Calibrator(int threads, Optional<Range> trainingRange) {
  public Calibrator(int threads) {
    this(threads, Optional.empty());
  }

  /** Feeds {@code samples} samples spread evenly over the set, or all if there are fewer. */
  public Calibration calibrate(Graph graph, Dataset set, int samples) {
    throw new UnsupportedOperationException();
  }

  /** Feeds batches: each has one float32 tensor an input, batch first. */
  public Calibration calibrate(Graph graph, Iterable<List<Tensor>> batches) {
    throw new UnsupportedOperationException();
  }
}
