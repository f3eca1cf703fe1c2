package dev.secateur.job;

import dev.secateur.dataset.Dataset;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Predictor;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.tflite.TfliteCompiler;
import dev.secateur.tflite.TfliteException;
import dev.secateur.tflite.TfliteInterpreter;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A float network in TensorFlow Lite, several times as fast as in TensorFlow, where it is proven
 * that both say the same: on samples of the set no channel of an output differs by more than
 * {@value #TOLERANCE} of its largest value, and the largest of each row is the same one.
 */
final class ProvenTwin {
  private static final int SAMPLES = 32;

  /** Sums of float32 in another order differ by some 1e-6, in deep networks by some 1e-5. */
  private static final double TOLERANCE = 1e-4;

  private ProvenTwin() {}

  /**
   * The faster of both that may speak for the network.
   *
   * @param tensorFlow runs {@code network}; closing what is returned does not close it
   */
  static Predictor orItself(Graph network, Predictor tensorFlow, Dataset set, int threads) {
    TfliteInterpreter twin;
    try {
      twin = TfliteInterpreter.open(TfliteCompiler.float32(network, Run.INTERMEDIATE), threads);
    } catch (TfliteException e) {
      return new Lent(tensorFlow);
    }
    boolean proven = false;
    try {
      proven = proven(tensorFlow, twin, set);
    } catch (TfliteException e) {
      // What it cannot run is TensorFlow's.
    } finally {
      if (!proven) {
        twin.close();
      }
    }
    return proven ? twin : new Lent(tensorFlow);
  }

  static boolean proven(Predictor tensorFlow, Predictor twin, Dataset set) {
    List<Tensor> inputs = set.batch(FewSamples.spread(set.size(), SAMPLES)).inputs();
    return same(tensorFlow.predict(inputs), twin.predict(inputs));
  }

  private record Lent(Predictor owned) implements Predictor {
    @Override
    public List<Shape> inputShapes() {
      return owned.inputShapes();
    }

    @Override
    public List<Shape> outputShapes() {
      return owned.outputShapes();
    }

    @Override
    public List<Tensor> predict(List<Tensor> inputs) {
      return owned.predict(inputs);
    }

    @Override
    public void close() {}
  }

  static boolean same(List<Tensor> expected, List<Tensor> actual) {
    for (int i = 0; i < expected.size(); i++) {
      if (!same(expected.get(i), actual.get(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean same(Tensor expected, Tensor actual) {
    if (!expected.shape().equals(actual.shape())) {
      return false;
    }
    int row = expected.shape().last();
    // What one channel tells in thousands, another may tell in thousandths.
    double[] largest = new double[row];
    double[] difference = new double[row];
    for (int i = 0; i < expected.values().length; i++) {
      int c = i % row;
      largest[c] = Math.max(largest[c], Math.abs(expected.values()[i]));
      difference[c] = Math.max(difference[c], Math.abs(expected.values()[i] - actual.values()[i]));
    }
    for (int from = 0; from < expected.values().length; from += row) {
      if (largest(expected.values(), from, row) != largest(actual.values(), from, row)) {
        return false;
      }
    }
    // What is no number is in no range.
    return IntStream.range(0, row).allMatch(c -> difference[c] <= TOLERANCE * largest[c]);
  }

  private static int largest(float[] values, int from, int count) {
    int largest = from;
    for (int i = from; i < from + count; i++) {
      largest = values[i] > values[largest] ? i : largest;
    }
    return largest;
  }
}
