package dev.secateur.graph;

import java.util.List;

/** Runs a network at inference. Not thread-safe: one caller at a time. */
public interface Predictor extends AutoCloseable {
  /** Shapes of the inputs, batch unknown. */
  List<Shape> inputShapes();

  /** Shapes of the outputs, batch unknown. */
  List<Shape> outputShapes();

  /**
   * @param inputs one float32 tensor an input, all with the same first dimension
   * @return one float32 tensor an output, in the graph's order
   */
  List<Tensor> predict(List<Tensor> inputs);

  @Override
  void close();
}
