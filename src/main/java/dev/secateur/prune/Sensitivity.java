package dev.secateur.prune;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/**
 * What each kernel alone costs: the divergence of the network's outputs when that kernel is pruned,
 * and reconstructed, to each of a few sparsities. Made once, it serves every target.
 *
 * @param kernels in the network's order
 */
public record Sensitivity(List<Kernel> kernels) {
  /** The sparsities that are measured. */
  static final double[] SPARSITIES = {.3, .5, .75, .95};

  /** No kernel is asked for more: what is beyond was not measured. */
  private static final double MOST = .98;

  /** What networks that are measured at once may take together, in bytes; one alone always may. */
  private static final long AT_ONCE = 1L << 30;

  /** Two or three seconds of one core for the widest layers, each of whose sparsities is solved. */
  private static final double WORK = 5e10;

  /** Steps of the whole network's size between which allocations are told apart. */
  private static final int UNITS = 2000;

  /**
   * @param size entries of the kernel
   * @param divergence at each of {@link #SPARSITIES}
   */
  public record Kernel(String name, long size, double[] divergence) {}

  public Sensitivity {
    kernels = List.copyOf(kernels);
  }

  /** A kernel that is being measured. */
  private record Running(String name, long size, List<CompletableFuture<Double>> divergences) {
    Kernel measured() {
      return new Kernel(
          name, size, Workers.results(divergences).stream().mapToDouble(d -> d).toArray());
    }
  }

  /**
   * Each sparsity of a kernel is solved and measured on one thread, while what the next kernel
   * reads is computed.
   */
  static Sensitivity measure(Graph original, Samples samples, Divergence divergence) {
    Graph network = divergence.ofHeads(original);
    Samples alone = samples.alone();
    Activations values = alone.of(network);
    List<List<Tensor>> wanted = heads(samples.of(network), network);
    List<Kernel> kernels = new ArrayList<>();
    Deque<Running> running = new ArrayDeque<>();
    try (Workers workers = new Workers(width(network, samples.batch(), samples.threads()))) {
      for (PrunableKernel kernel : PrunableKernel.of(network)) {
        samples.checkCancelled();
        while (isWide(kernel, network) && !running.isEmpty()) {
          kernels.add(running.remove().measured());
        }
        values.advance(network, kernel.index());
        Activations here = values.copy();
        Choices choices =
            Choices.of(kernel, network, here, here, Optional.empty(), alone.threads(), WORK);
        IntFunction<Double> measuring =
            kept -> {
              samples.checkCancelled();
              Graph pruned = network.withWeights(choices.keeping(kept));
              return divergence.between(wanted, heads(here.copy(), pruned));
            };
        Running started = start(workers, network, kernel, measuring);
        CompletableFuture.allOf(started.divergences().toArray(CompletableFuture[]::new))
            .whenComplete((done, failure) -> choices.close());
        running.add(started);
        // What two kernels read is in memory at once.
        if (running.size() > 1) {
          kernels.add(running.remove().measured());
        }
      }
      running.forEach(r -> kernels.add(r.measured()));
    }
    return new Sensitivity(kernels);
  }

  /** So many networks are run at once, each with its weights and a batch's values. */
  static int width(Graph network, int batch, int threads) {
    return (int) Math.max(1, Math.min(threads, AT_ONCE / each(network, batch)));
  }

  /** What they take in memory. */
  static long bytes(Graph network, int batch, int threads) {
    return width(network, batch, threads) * each(network, batch);
  }

  /** In bytes: weights as a file and as XNNPACK packs them, and the values of a batch. */
  private static long each(Graph network, int batch) {
    return Float.BYTES * (2 * network.parameters() + batch * Activations.mostFloats(network) + 1);
  }

  private static boolean isWide(PrunableKernel kernel, Graph network) {
    return kernel instanceof PrunableLayer layer && layer.rows(network) > Moments.WIDE;
  }

  private static Running start(
      Workers workers, Graph network, PrunableKernel kernel, IntFunction<Double> measuring) {
    long size = network.weights().get(kernel.kernel()).shape().size();
    List<Supplier<Double>> work = new ArrayList<>();
    for (double sparsity : SPARSITIES) {
      int kept = Math.max(KernelBudgets.kept(size, sparsity), 1);
      work.add(() -> measuring.apply(kept));
    }
    return new Running(kernel.kernel(), size, workers.start(work));
  }

  private static List<List<Tensor>> heads(Activations values, Graph network) {
    values.advance(network, network.nodes().size());
    return network.outputs().stream().map(o -> values.value(o.value())).toList();
  }

  /**
   * The allocation with the smallest sum of costs: exactly the target over all kernels together. A
   * dynamic program over {@value #UNITS} units of the network's size; costs are made monotone and
   * interpolated in their logarithm.
   */
  public KernelBudgets allocate(double sparsity) {
    long total = kernels.stream().mapToLong(Kernel::size).sum();
    double unit = Math.max((double) total / UNITS, 1);
    int target = (int) Math.round(sparsity * total / unit);
    int count = kernels.size();
    double[] best = new double[target + 1];
    Arrays.fill(best, Double.POSITIVE_INFINITY);
    best[0] = 0;
    int[][] taken = new int[count][target + 1];
    for (int k = 0; k < count; k++) {
      Kernel kernel = kernels.get(k);
      double[] next = new double[target + 1];
      Arrays.fill(next, Double.POSITIVE_INFINITY);
      int most = (int) Math.min(Math.floor(MOST * kernel.size() / unit), target);
      for (int units = 0; units <= most; units++) {
        double cost = cost(kernel, units * unit / kernel.size());
        for (int t = units; t <= target; t++) {
          double sum = best[t - units] + cost;
          if (sum < next[t]) {
            next[t] = sum;
            taken[k][t] = units;
          }
        }
      }
      best = next;
    }
    return best[target] < Double.POSITIVE_INFINITY
        ? exactly(taken, target, unit, KernelBudgets.kept(total, sparsity))
        : everywhere(sparsity);
  }

  private KernelBudgets exactly(int[][] taken, int target, double unit, long wanted) {
    Map<String, Integer> kept = new LinkedHashMap<>();
    int left = target;
    long sum = 0;
    for (int k = kernels.size() - 1; k >= 0; k--) {
      Kernel kernel = kernels.get(k);
      long stays = Math.max(kernel.size() - Math.round(taken[k][left] * unit), 1);
      kept.put(kernel.name(), (int) stays);
      sum += stays;
      left -= taken[k][left];
    }
    // What rounding to units left over goes to, or comes from, the largest kernels.
    long missing = wanted - sum;
    List<Kernel> bySize =
        kernels.stream().sorted((a, b) -> Long.compare(b.size(), a.size())).toList();
    for (Kernel kernel : bySize) {
      long now = kept.get(kernel.name());
      long then = Math.max(1, Math.min(kernel.size(), now + missing));
      kept.put(kernel.name(), (int) then);
      missing -= then - now;
    }
    return new KernelBudgets(kept);
  }

  /** More than {@link #MOST} everywhere is asked: nothing is left to share out. */
  private KernelBudgets everywhere(double sparsity) {
    Map<String, Integer> kept = new LinkedHashMap<>();
    kernels.forEach(k -> kept.put(k.name(), Math.max(KernelBudgets.kept(k.size(), sparsity), 1)));
    return new KernelBudgets(kept);
  }

  private static double cost(Kernel kernel, double sparsity) {
    return new Curve(SPARSITIES, kernel.divergence()).at(sparsity);
  }
}
