package dev.secateur.prune;

import dev.secateur.graph.Head;
import dev.secateur.graph.Tensor;
import java.util.List;
import java.util.Set;

/**
 * What a network has lost, without targets. Of class scores: the accuracy that is lost if the
 * original's probabilities are right, the mean of what it gives its own choice less what it gives
 * the other's. Of decisions likewise. Of other numbers: the squared error over the original's
 * variance.
 *
 * @param accuracy a fraction, of the worst head that chooses; 0 where none does
 * @param error of the worst head of numbers; 0 where there is none
 */
public record ExpectedLoss(double accuracy, double error) {
  static ExpectedLoss of(
      Divergence divergence, List<List<Tensor>> original, List<List<Tensor>> other) {
    double accuracy = 0;
    double error = 0;
    for (int h = 0; h < divergence.heads().size(); h++) {
      Head head = divergence.heads().get(h);
      if (isClasses(head, divergence.scores())) {
        accuracy = Math.max(accuracy, ofClasses(head, original.get(h), other.get(h)));
      } else if (head.link() == Head.Link.SIGMOID) {
        accuracy = Math.max(accuracy, ofDecisions(original.get(h), other.get(h)));
      } else {
        Divergence alone = new Divergence(List.of(head), divergence.scores());
        error = Math.max(error, alone.between(List.of(original.get(h)), List.of(other.get(h))));
      }
    }
    return new ExpectedLoss(accuracy, error);
  }

  private static boolean isClasses(Head head, Set<String> scores) {
    return head.shape().last() > 1
        && (head.link() == Head.Link.SOFTMAX || scores.contains(head.name()));
  }

  private static double ofClasses(Head head, List<Tensor> original, List<Tensor> other) {
    int size = head.shape().last();
    double sum = 0;
    long rows = 0;
    for (int b = 0; b < original.size(); b++) {
      float[] p = original.get(b).values();
      float[] q = other.get(b).values();
      for (int at = 0; at < p.length; at += size, rows++) {
        int own = largest(p, at, size);
        double all = 0;
        for (int i = at; i < at + size; i++) {
          all += Math.exp((double) p[i] - p[own]);
        }
        sum += (1 - Math.exp((double) p[largest(q, at, size)] - p[own])) / all;
      }
    }
    return sum / rows;
  }

  private static int largest(float[] values, int at, int size) {
    int largest = at;
    for (int i = at; i < at + size; i++) {
      largest = values[i] > values[largest] ? i : largest;
    }
    return largest;
  }

  private static double ofDecisions(List<Tensor> original, List<Tensor> other) {
    double sum = 0;
    long count = 0;
    for (int b = 0; b < original.size(); b++) {
      float[] p = original.get(b).values();
      float[] q = other.get(b).values();
      for (int i = 0; i < p.length; i++, count++) {
        sum += p[i] > 0 == q[i] > 0 ? 0 : Math.abs(2 / (1 + Math.exp(-p[i])) - 1);
      }
    }
    return sum / count;
  }
}
