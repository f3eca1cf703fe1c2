package dev.secateur.train;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Head;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.prune.OutputInformation;
import dev.secateur.train.op.TensorFlowLowering;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.Sum;
import org.tensorflow.types.TFloat32;

/**
 * The Fisher information by its definition: the mean square of the log-likelihood's gradient, with
 * labels drawn from what the network itself says, not from a set (F. Kunstner, L. Balles, P.
 * Hennig, "Limitations of the empirical Fisher approximation", 2019, arXiv:1905.12558).
 *
 * @param scores names of heads that are class logits though no softmax follows
 * @param threads that TensorFlow may use
 */
public record FisherInformation(Set<String> scores, int threads) implements OutputInformation {
  private static final double SMALL = 1e-12;

  @Override
  public Map<String, double[]> of(Graph network, List<String> nodes, List<List<Tensor>> batches) {
    List<Head> heads = Head.of(network);
    try (org.tensorflow.Graph graph = new org.tensorflow.Graph()) {
      Ops tf = Ops.create(graph);
      Map<String, Operand<TFloat32>> values = new HashMap<>();
      List<Placeholder<TFloat32>> inputs = new ArrayList<>();
      for (Graph.Input input : network.inputs()) {
        inputs.add(placeholder(tf, input.shape()));
        values.put(input.name(), inputs.get(inputs.size() - 1));
      }
      Variables variables = new Variables(tf);
      network
          .weights()
          .values()
          .forEach(
              w -> {
                variables.define(w.name(), w.shape());
                values.put(w.name(), variables.read(w.name()));
              });
      TensorFlowLowering lowering = TensorFlowLowering.forInference(tf, network, values);
      List<Operand<TFloat32>> said = new ArrayList<>();
      List<Placeholder<TFloat32>> slopes = new ArrayList<>();
      List<Operand<TFloat32>> terms = new ArrayList<>();
      for (Head head : heads) {
        said.add(tf.identity(lowering.value(head.value())));
        slopes.add(placeholder(tf, head.shape()));
        Operand<TFloat32> product =
            tf.math.mul(lowering.value(head.value()), slopes.get(slopes.size() - 1));
        terms.add(tf.sum(product, axes(tf, head.shape().rank())));
      }
      Operand<TFloat32> loss = terms.stream().reduce(tf.math::add).orElseThrow();
      Output<?>[] sources =
          nodes.stream().map(n -> lowering.value(n).asOutput()).toArray(Output<?>[]::new);
      Output<?>[] gradients = graph.addGradients(loss.asOutput(), sources);
      Map<String, Shape> shapes = network.shapes();
      List<Operand<TFloat32>> squares = new ArrayList<>();
      for (int i = 0; i < nodes.size(); i++) {
        if (gradients[i] == null) { // behind a step, such as a comparison
          squares.add(tf.zerosLike(tf.constant(new float[shapes.get(nodes.get(i)).last()])));
          continue;
        }
        Operand<TFloat32> gradient = gradients[i].expect(TFloat32.class);
        squares.add(
            tf.sum(
                tf.math.square(gradient),
                axes(tf, shapes.get(nodes.get(i)).rank() - 1),
                Sum.keepDims(false)));
      }
      try (Session session = new Session(graph, NativeTensors.config(threads))) {
        variables.write(
            session, variables.names(), name -> network.weights().get(name).value().values());
        return run(session, heads, nodes, batches, inputs, said, slopes, squares);
      }
    }
  }

  private Map<String, double[]> run(
      Session session,
      List<Head> heads,
      List<String> nodes,
      List<List<Tensor>> batches,
      List<Placeholder<TFloat32>> inputs,
      List<Operand<TFloat32>> said,
      List<Placeholder<TFloat32>> slopes,
      List<Operand<TFloat32>> squares) {
    SplittableRandom random = new SplittableRandom(1);
    Map<String, double[]> sums = new HashMap<>();
    long samples = 0;
    for (List<Tensor> batch : batches) {
      samples += batch.get(0).shape().dim(0);
      List<TFloat32> fed = new ArrayList<>();
      try {
        batch.forEach(t -> fed.add(NativeTensors.of(t)));
        List<Tensor> heard = new ArrayList<>();
        Session.Runner runner = session.runner();
        IntStream.range(0, inputs.size()).forEach(i -> runner.feed(inputs.get(i), fed.get(i)));
        said.forEach(runner::fetch);
        try (Result result = runner.run()) {
          for (int h = 0; h < heads.size(); h++) {
            heard.add(NativeTensors.tensor((TFloat32) result.get(h)));
          }
        }
        Session.Runner back = session.runner();
        IntStream.range(0, inputs.size()).forEach(i -> back.feed(inputs.get(i), fed.get(i)));
        for (int h = 0; h < heads.size(); h++) {
          fed.add(NativeTensors.of(slope(heads.get(h), heard.get(h), random)));
          back.feed(slopes.get(h), fed.get(fed.size() - 1));
        }
        squares.forEach(back::fetch);
        try (Result result = back.run()) {
          for (int i = 0; i < nodes.size(); i++) {
            add(sums, nodes.get(i), NativeTensors.values((TFloat32) result.get(i)));
          }
        }
      } finally {
        fed.forEach(TFloat32::close);
      }
    }
    for (double[] sum : sums.values()) {
      for (int j = 0; j < sum.length; j++) {
        sum[j] /= samples;
      }
    }
    return sums;
  }

  private static void add(Map<String, double[]> sums, String node, float[] values) {
    double[] sum = sums.computeIfAbsent(node, n -> new double[values.length]);
    for (int j = 0; j < sum.length; j++) {
      sum[j] += values[j];
    }
  }

  /** The log-likelihood's gradient at a head for a label that is drawn from it. */
  private Tensor slope(Head head, Tensor said, SplittableRandom random) {
    int size = said.shape().last();
    boolean classes =
        size > 1 && (head.link() == Head.Link.SOFTMAX || scores.contains(head.name()));
    float[] z = said.values();
    float[] slope = new float[z.length];
    double deviation = classes || head.link() == Head.Link.SIGMOID ? 1 : deviation(z);
    for (int at = 0; at < z.length; at += size) {
      if (classes) {
        ofClasses(z, slope, at, size, random);
        continue;
      }
      for (int i = at; i < at + size; i++) {
        double p = 1 / (1 + Math.exp(-z[i]));
        slope[i] =
            head.link() == Head.Link.SIGMOID
                ? (float) (p - (random.nextDouble() < p ? 1 : 0))
                : (float) (random.nextGaussian() / deviation);
      }
    }
    return new Tensor(said.shape(), slope);
  }

  private static void ofClasses(
      float[] z, float[] slope, int at, int size, SplittableRandom random) {
    double max = Double.NEGATIVE_INFINITY;
    for (int i = at; i < at + size; i++) {
      max = Math.max(max, z[i]);
    }
    double sum = 0;
    for (int i = at; i < at + size; i++) {
      sum += Math.exp(z[i] - max);
    }
    double draw = random.nextDouble();
    for (int i = at; i < at + size; i++) {
      double p = Math.exp(z[i] - max) / sum;
      boolean drawn = draw >= 0 && draw < p;
      draw -= p;
      slope[i] = (float) (p - (drawn ? 1 : 0));
    }
  }

  private static double deviation(float[] values) {
    double sum = 0;
    double squares = 0;
    for (float v : values) {
      sum += v;
      squares += (double) v * v;
    }
    double mean = sum / values.length;
    return Math.sqrt(Math.max(squares / values.length - mean * mean, SMALL));
  }

  private static Placeholder<TFloat32> placeholder(Ops tf, Shape shape) {
    return tf.placeholder(TFloat32.class, Placeholder.shape(NativeTensors.shape(shape)));
  }

  private static Operand<org.tensorflow.types.TInt32> axes(Ops tf, int count) {
    return tf.constant(IntStream.range(0, count).toArray());
  }
}
