package dev.secateur.train;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.Weight;
import dev.secateur.train.op.Arithmetic;
import dev.secateur.train.op.Penalties;
import dev.secateur.train.op.TensorFlowLowering;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;

/**
 * The gradients that training follows, for a loss that needs no labels: the sum of the outputs'
 * mean squares, plus the layers' penalties.
 */
public final class TrainingGradients {
  /** The loss and its gradient by each trainable weight that it depends on. */
  public record Gradients(double loss, Map<String, float[]> byWeight) {}

  private TrainingGradients() {}

  public static Gradients of(Graph network, List<Tensor> inputs) {
    try (org.tensorflow.Graph graph = new org.tensorflow.Graph()) {
      Ops tf = Ops.create(graph);
      Map<String, Operand<TFloat32>> values = new LinkedHashMap<>();
      List<Placeholder<TFloat32>> fed = new ArrayList<>();
      for (Graph.Input input : network.inputs()) {
        Placeholder<TFloat32> x =
            tf.placeholder(TFloat32.class, Placeholder.shape(NativeTensors.shape(input.shape())));
        fed.add(x);
        values.put(input.name(), x);
      }
      for (Weight weight : network.weights().values()) {
        try (TFloat32 copy = NativeTensors.of(weight.value())) {
          // An identity, since the gradient by a constant itself would be folded away.
          values.put(weight.name(), tf.identity(tf.constantOf(copy)));
        }
      }
      TensorFlowLowering training =
          TensorFlowLowering.forTraining(tf, network, values, tf.constant(new int[] {1, 1}));
      Operand<TFloat32> loss = loss(tf, network, training, values);
      return run(graph, network, loss, values, fed, inputs);
    }
  }

  private static Operand<TFloat32> loss(
      Ops tf, Graph network, TensorFlowLowering training, Map<String, Operand<TFloat32>> values) {
    List<Operand<TFloat32>> terms = new ArrayList<>(training.penalties());
    for (Graph.Output output : network.outputs()) {
      Operand<TFloat32> square = Arithmetic.square(tf, training.value(output.value()));
      Operand<TFloat32> flat = tf.reshape(square, tf.constant(new int[] {-1}));
      terms.add(tf.math.mean(flat, tf.constant(0)));
    }
    for (Weight weight : network.weights().values()) {
      if (weight.trainable()) {
        Penalties.of(tf, values.get(weight.name()), weight.l1(), weight.l2()).ifPresent(terms::add);
      }
    }
    return terms.stream().reduce(tf.math::add).orElseThrow();
  }

  private static Gradients run(
      org.tensorflow.Graph graph,
      Graph network,
      Operand<TFloat32> loss,
      Map<String, Operand<TFloat32>> values,
      List<Placeholder<TFloat32>> fed,
      List<Tensor> inputs) {
    List<String> trainable =
        network.weights().values().stream().filter(Weight::trainable).map(Weight::name).toList();
    Output<?>[] sources =
        trainable.stream().map(n -> values.get(n).asOutput()).toArray(Output<?>[]::new);
    Output<?>[] gradients = graph.addGradients(loss.asOutput(), sources);
    try (Session session = new Session(graph, NativeTensors.config(1))) {
      Session.Runner runner = session.runner().fetch(loss);
      for (int i = 0; i < inputs.size(); i++) {
        runner.feed(fed.get(i), NativeTensors.of(inputs.get(i)));
      }
      for (Output<?> gradient : gradients) {
        runner.fetch(gradient);
      }
      try (Result result = runner.run()) {
        Map<String, float[]> byWeight = new LinkedHashMap<>();
        for (int i = 0; i < trainable.size(); i++) {
          byWeight.put(trainable.get(i), NativeTensors.values((TFloat32) result.get(i + 1)));
        }
        return new Gradients(((TFloat32) result.get(0)).getFloat(), byWeight);
      }
    }
  }
}
