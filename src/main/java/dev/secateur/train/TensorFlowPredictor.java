package dev.secateur.train;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Predictor;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import java.util.List;

/** Runs a network at inference with TensorFlow. */
public final class TensorFlowPredictor implements Predictor {
  private final Graph network;

  private TensorFlowPredictor(Graph network) {
    this.network = network;
  }

  /**
   * @param threads that TensorFlow may use
   */
  public static TensorFlowPredictor open(Graph network, int threads) {
    return new TensorFlowPredictor(network);
  }

  @Override
  public List<Shape> inputShapes() {
    return network.inputs().stream().map(Graph.Input::shape).toList();
  }

  @Override
  public List<Shape> outputShapes() {
    var shapes = network.shapes();
    return network.outputs().stream().map(o -> shapes.get(o.value())).toList();
  }

  @Override
  public List<Tensor> predict(List<Tensor> inputs) {
    throw new UnsupportedOperationException("not yet");
  }

  @Override
  public void close() {}
}
