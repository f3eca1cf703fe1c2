package dev.secateur.job;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Predictor;
import dev.secateur.graph.Tensor;
import dev.secateur.result.FailureReason;
import dev.secateur.train.TensorFlowPredictor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * What a Keras file must pass before it is handed out: it is read again, and answers what the
 * network answers that was written. A layer whose weights were left out, or went to another layer,
 * shows here.
 *
 * @param inputs samples: one float32 tensor an input of the network, batch first
 */
public record KerasFileCheck(List<Tensor> inputs, int threads) {
  /** Of the largest value. The same kernels with the same weights: only their order may differ. */
  private static final double TOLERANCE = 1e-5;

  public KerasFileCheck {
    inputs = List.copyOf(inputs);
  }

  /**
   * @param file for the message
   * @param read the network as {@link dev.secateur.keras.KerasWriter} read it again from the file
   * @throws JobException of a model that cannot be written back
   */
  public void equal(Path file, Graph read, Graph written) {
    if (isSame(read, written)) {
      return;
    }
    List<Tensor> expected = answers(written);
    List<Tensor> actual = answers(read);
    for (int i = 0; i < expected.size(); i++) {
      if (i >= actual.size() || !close(expected.get(i), actual.get(i))) {
        throw new JobException(
            FailureReason.MODEL_UNSUPPORTED,
            file.getFileName()
                + ": the model cannot be written back as this kind of file: read again, its output "
                + i
                + " differs from the network's");
      }
    }
  }

  /** The same operations on the same bits answer the same, and need not be asked. */
  private static boolean isSame(Graph one, Graph other) {
    return one.inputs().equals(other.inputs())
        && one.nodes().equals(other.nodes())
        && one.outputs().equals(other.outputs())
        && one.weights().keySet().equals(other.weights().keySet())
        && one.weights().values().stream()
            .allMatch(w -> isSame(w.value(), other.weights().get(w.name()).value()));
  }

  private static boolean isSame(Tensor one, Tensor other) {
    return one.shape().equals(other.shape()) && Arrays.equals(one.values(), other.values());
  }

  private List<Tensor> answers(Graph network) {
    try (Predictor predictor = TensorFlowPredictor.open(network, threads)) {
      return predictor.predict(inputs);
    }
  }

  private static boolean close(Tensor expected, Tensor actual) {
    if (!expected.shape().equals(actual.shape())) {
      return false;
    }
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < expected.values().length; i++) {
      float wanted = expected.values()[i];
      float got = actual.values()[i];
      if (Float.compare(wanted, got) != 0) {
        difference = Math.max(difference, Math.abs((double) wanted - got));
      }
      largest = Float.isFinite(wanted) ? Math.max(largest, Math.abs(wanted)) : largest;
    }
    return difference <= TOLERANCE * largest;
  }
}
