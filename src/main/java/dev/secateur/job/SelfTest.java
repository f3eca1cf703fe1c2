package dev.secateur.job;

import dev.secateur.graph.Graph;
import dev.secateur.graph.GraphBuilder;
import dev.secateur.graph.Op;
import dev.secateur.graph.Predictor;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.Weight;
import dev.secateur.prune.LinearAlgebraCheck;
import dev.secateur.result.Engine;
import dev.secateur.tflite.ModelMetadata;
import dev.secateur.tflite.TfliteCompiler;
import dev.secateur.tflite.TfliteInterpreter;
import dev.secateur.train.TensorFlowPredictor;
import java.util.List;

/**
 * Whether the native libraries load and compute what they should: a dense layer with known weights,
 * through TensorFlow and through TensorFlow Lite.
 */
public final class SelfTest {
  private static final float EXPECTED = 1 * 3 + 2 * 4 + 0.5f;
  private static final float TOLERANCE = 1e-5f;

  private SelfTest() {}

  /** TensorFlow takes some 300 MB from the process that loads it: run this in one of its own. */
  public static void main(String[] arguments) {
    tensorFlow();
    linearAlgebra();
  }

  /** As {@link #tensorFlow()}, for OpenBLAS. */
  public static void linearAlgebra() {
    if (!LinearAlgebraCheck.passes()) {
      throw new IllegalStateException("OpenBLAS computes wrongly on this machine");
    }
  }

  /**
   * @throws IllegalStateException if the result is wrong
   * @throws LinkageError if the library is missing or does not fit this machine
   */
  public static void tensorFlow() {
    try (Predictor predictor = TensorFlowPredictor.open(network(), 1)) {
      check("TensorFlow", predictor);
    }
  }

  /** As {@link #tensorFlow()}, for TensorFlow Lite. */
  public static void tensorFlowLite() {
    ModelMetadata metadata = new ModelMetadata(Engine.VERSION, "");
    try (Predictor predictor =
        TfliteInterpreter.open(TfliteCompiler.float32(network(), metadata), 1)) {
      check("TensorFlow Lite", predictor);
    }
  }

  private static Graph network() {
    GraphBuilder builder = new GraphBuilder("self-test");
    String x = builder.input("x", Shape.of(Shape.UNKNOWN, 2));
    String kernel =
        builder.weight(weight("kernel", Weight.Role.KERNEL, Tensor.of(new float[] {3, 4}, 2, 1)));
    String bias =
        builder.weight(weight("bias", Weight.Role.BIAS, Tensor.of(new float[] {0.5f}, 1)));
    builder.layer("dense", "Dense");
    return builder.output("y", builder.add("dense", new Op.Dense(), x, kernel, bias)).build();
  }

  private static Weight weight(String name, Weight.Role role, Tensor value) {
    return new Weight(name, role, value, true, 0, 0);
  }

  private static void check(String library, Predictor predictor) {
    Tensor y = predictor.predict(List.of(Tensor.of(new float[] {1, 2}, 1, 2))).get(0);
    if (y.values().length != 1 || !(Math.abs(y.values()[0] - EXPECTED) < TOLERANCE)) {
      throw new IllegalStateException(library + " computes wrongly on this machine");
    }
  }
}
