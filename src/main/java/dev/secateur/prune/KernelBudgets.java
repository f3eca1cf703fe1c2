package dev.secateur.prune;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Weight;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How many entries each kernel keeps.
 *
 * @param kept by the kernel's name; at least one each
 */
public record KernelBudgets(Map<String, Integer> kept) {
  public KernelBudgets {
    kept = Map.copyOf(kept);
  }

  /** The same fraction of every kernel, rounded as TensorFlow Model Optimization rounds it. */
  public static KernelBudgets uniform(Graph network, double sparsity) {
    Map<String, Integer> kept = new LinkedHashMap<>();
    for (Weight kernel : network.prunable()) {
      kept.put(kernel.name(), Masks.kept((int) kernel.shape().size(), (float) sparsity));
    }
    return new KernelBudgets(kept);
  }

  /**
   * One threshold for all kernels on an entry's square over the sum of those in its kernel that are
   * not smaller (J. Lee et al., "Layer-adaptive Sparsity for the Magnitude-based Pruning", ICLR
   * 2021, arXiv:2010.07611). Exactly the target over all kernels together.
   */
  public static KernelBudgets lamp(Graph network, double sparsity) {
    List<Weight> kernels = network.prunable();
    List<double[]> scores = new ArrayList<>();
    for (Weight kernel : kernels) {
      scores.add(lampScores(kernel.value().values()));
    }
    int total = scores.stream().mapToInt(s -> s.length).sum();
    double[] all = scores.stream().flatMapToDouble(Arrays::stream).sorted().toArray();
    int left = kept(total, sparsity);
    double threshold = left == 0 ? Double.POSITIVE_INFINITY : all[total - left];
    Map<String, Integer> kept = new LinkedHashMap<>();
    for (int i = 0; i < kernels.size(); i++) {
      int above = (int) Arrays.stream(scores.get(i)).filter(s -> s > threshold).count();
      kept.put(kernels.get(i).name(), above);
      left -= above;
    }
    for (int i = 0; i < kernels.size() && left > 0; i++) {
      int equal = (int) Arrays.stream(scores.get(i)).filter(s -> s == threshold).count();
      int more = Math.min(equal, left);
      kept.merge(kernels.get(i).name(), more, Integer::sum);
      left -= more;
    }
    kept.replaceAll((name, count) -> Math.max(count, 1));
    return new KernelBudgets(kept);
  }

  private static double[] lampScores(float[] values) {
    double[] scores = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      scores[i] = (double) values[i] * values[i];
    }
    Arrays.sort(scores);
    double notSmaller = 0;
    for (int i = scores.length - 1; i >= 0; i--) {
      notSmaller += scores[i];
      scores[i] = notSmaller > 0 ? scores[i] / notSmaller : 0;
    }
    return scores;
  }

  /** Entries that stay of {@code total}. */
  static int kept(long total, double sparsity) {
    return (int) Math.rint(total * (1 - sparsity));
  }
}
