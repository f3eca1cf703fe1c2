package dev.secateur.prune;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Head;
import dev.secateur.graph.Tensor;
import java.util.List;
import java.util.Set;

/**
 * How far a network's heads are from the original's: the Kullback-Leibler divergence of class
 * scores and of decisions, in nats; of other numbers the squared error over the original's
 * variance.
 *
 * @param scores names of heads that are class logits though no softmax follows
 */
public record Divergence(List<Head> heads, Set<String> scores) {
  private static final double SMALL = 1e-12;

  public Divergence {
    heads = List.copyOf(heads);
    scores = Set.copyOf(scores);
  }

  /** The network with its heads as outputs. */
  Graph ofHeads(Graph network) {
    List<Graph.Output> outputs =
        heads.stream().map(h -> new Graph.Output(h.name(), h.value())).toList();
    return new Graph(
        network.name(),
        network.inputs(),
        network.nodes(),
        outputs,
        network.weights(),
        network.layers());
  }

  /**
   * @param original of each head, one tensor a batch
   * @param other likewise
   * @return mean over rows, summed over heads
   */
  double between(List<List<Tensor>> original, List<List<Tensor>> other) {
    double sum = 0;
    for (int h = 0; h < heads.size(); h++) {
      sum += between(heads.get(h), original.get(h), other.get(h));
    }
    return sum;
  }

  private double between(Head head, List<Tensor> original, List<Tensor> other) {
    int size = head.shape().last();
    boolean classes =
        size > 1 && (head.link() == Head.Link.SOFTMAX || scores.contains(head.name()));
    double variance = classes || head.link() == Head.Link.SIGMOID ? 1 : variance(original);
    double sum = 0;
    long rows = 0;
    for (int b = 0; b < original.size(); b++) {
      float[] p = original.get(b).values();
      float[] q = other.get(b).values();
      for (int i = 0; i < p.length; i += size, rows++) {
        sum +=
            classes
                ? ofClasses(p, q, i, size)
                : head.link() == Head.Link.SIGMOID
                    ? ofDecisions(p, q, i, size)
                    : squared(p, q, i, size) / variance;
      }
    }
    double mean = sum / rows;
    return Double.isNaN(mean) ? Double.POSITIVE_INFINITY : mean;
  }

  private static double ofClasses(float[] p, float[] q, int at, int size) {
    double logP = logSum(p, at, size);
    double logQ = logSum(q, at, size);
    double sum = 0;
    for (int i = at; i < at + size; i++) {
      sum += Math.exp(p[i] - logP) * ((p[i] - logP) - (q[i] - logQ));
    }
    return sum;
  }

  private static double logSum(float[] values, int at, int size) {
    double max = Double.NEGATIVE_INFINITY;
    for (int i = at; i < at + size; i++) {
      max = Math.max(max, values[i]);
    }
    double sum = 0;
    for (int i = at; i < at + size; i++) {
      sum += Math.exp(values[i] - max);
    }
    return max + Math.log(sum);
  }

  private static double ofDecisions(float[] p, float[] q, int at, int size) {
    double sum = 0;
    for (int i = at; i < at + size; i++) {
      double yes = 1 / (1 + Math.exp(-p[i]));
      sum +=
          yes * (softplus(-q[i]) - softplus(-p[i])) + (1 - yes) * (softplus(q[i]) - softplus(p[i]));
    }
    return sum / size;
  }

  /** {@code log(1 + exp(x))}. */
  private static double softplus(double x) {
    return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  }

  private static double squared(float[] p, float[] q, int at, int size) {
    double sum = 0;
    for (int i = at; i < at + size; i++) {
      double difference = (double) p[i] - q[i];
      sum += difference * difference;
    }
    return sum / size;
  }

  private static double variance(List<Tensor> values) {
    double sum = 0;
    double squares = 0;
    long count = 0;
    for (Tensor tensor : values) {
      for (float v : tensor.values()) {
        sum += v;
        squares += (double) v * v;
        count++;
      }
    }
    return Math.max(squares / count - sum / count * (sum / count), SMALL);
  }
}
