package dev.secateur.train;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Predictor;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.Weight;
import dev.secateur.train.op.TensorFlowLowering;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.TensorFlow;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;

/** Runs a network at inference with TensorFlow. */
public final class TensorFlowPredictor implements Predictor {
  private final Graph network;
  private final List<Shape> outputShapes;
  private final org.tensorflow.Graph graph = new org.tensorflow.Graph();
  private final List<Placeholder<TFloat32>> inputs = new ArrayList<>();
  private final List<Operand<TFloat32>> outputs;
  private final Session session;

  private TensorFlowPredictor(Graph network, int threads) {
    this.network = network;
    Map<String, Shape> shapes = network.shapes();
    this.outputShapes = network.outputs().stream().map(o -> shapes.get(o.value())).toList();
    Ops tf = Ops.create(graph);
    Map<String, Operand<TFloat32>> values = new HashMap<>();
    for (Graph.Input input : network.inputs()) {
      Placeholder<TFloat32> fed =
          tf.placeholder(TFloat32.class, Placeholder.shape(NativeTensors.shape(input.shape())));
      inputs.add(fed);
      values.put(input.name(), fed);
    }
    Variables variables = new Variables(tf);
    for (Weight weight : network.weights().values()) {
      variables.define(weight.name(), weight.shape());
      values.put(weight.name(), variables.read(weight.name()));
    }
    TensorFlowLowering lowering = TensorFlowLowering.forInference(tf, network, values);
    // An identity, since TensorFlow refuses to fetch what is fed: an output may be an input.
    this.outputs =
        network.outputs().stream()
            .<Operand<TFloat32>>map(o -> tf.identity(lowering.value(o.value())))
            .toList();
    this.session = new Session(graph, NativeTensors.config(threads));
    variables.write(
        session, variables.names(), name -> network.weights().get(name).value().values());
  }

  /**
   * Loads the library; there is no session yet.
   *
   * @throws LinkageError if it is missing or does not fit this machine
   */
  public static void load() {
    TensorFlow.version();
  }

  /**
   * @param threads that TensorFlow may use
   */
  public static TensorFlowPredictor open(Graph network, int threads) {
    return new TensorFlowPredictor(network, threads);
  }

  @Override
  public List<Shape> inputShapes() {
    return network.inputs().stream().map(Graph.Input::shape).toList();
  }

  @Override
  public List<Shape> outputShapes() {
    return outputShapes;
  }

  @Override
  public List<Tensor> predict(List<Tensor> values) {
    Session.Runner runner = session.runner();
    List<TFloat32> fed = new ArrayList<>();
    try {
      for (int i = 0; i < inputs.size(); i++) {
        fed.add(NativeTensors.of(values.get(i)));
        runner.feed(inputs.get(i), fed.get(i));
      }
      outputs.forEach(runner::fetch);
      try (Result result = runner.run()) {
        List<Tensor> predicted = new ArrayList<>();
        for (int i = 0; i < outputs.size(); i++) {
          predicted.add(NativeTensors.tensor((TFloat32) result.get(i)));
        }
        return predicted;
      }
    } finally {
      fed.forEach(TFloat32::close);
    }
  }

  @Override
  public void close() {
    session.close();
    graph.close();
  }
}
