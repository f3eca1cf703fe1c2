package dev.secateur.tflite;

import dev.secateur.graph.Predictor;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import java.nio.file.Path;
import java.util.List;

/**
 * Runs a TFLite model with XNNPACK; takes and gives float32 and quantizes itself where the model's
 * inputs and outputs are int8 or uint8. Not thread-safe: one caller at a time.
 */
public final class TfliteInterpreter implements Predictor {
  private TfliteInterpreter() {}

  /**
   * @throws TfliteException if the file is no TFLite model or uses ops that the runtime lacks
   */
  public static TfliteInterpreter open(Path file, int threads) {
    throw new UnsupportedOperationException();
  }

  public static TfliteInterpreter open(TfliteModel model, int threads) {
    throw new UnsupportedOperationException();
  }

  @Override
  public List<Shape> inputShapes() {
    throw new UnsupportedOperationException();
  }

  @Override
  public List<Shape> outputShapes() {
    throw new UnsupportedOperationException();
  }

  @Override
  public List<Tensor> predict(List<Tensor> inputs) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}
}
