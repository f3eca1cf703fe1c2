package dev.secateur.prune;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Node;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.channel.ChannelGroup;
import dev.secateur.graph.channel.Channels;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What each group of channels alone costs: the divergence of the network's outputs when so many of
 * its units are gone and the kernels that read them make up for it. Made once, it serves every
 * target.
 *
 * @param groups in the order of {@link Channels#groups}
 */
public record ChannelSensitivity(List<Group> groups) {
  /** The fractions of a group's units, gone, that are measured. */
  private static final double[] FRACTIONS = {.1, .2, .3, .4, .5, .6, .7, .8, .9};

  /** The same of a network of very many groups. */
  private static final double[] FEW = {.25, .5, .75};

  private static final int MANY = 48;

  /** That divergence is measured on, of 32 samples each. */
  private static final int BATCHES = 8;

  /** Doubles in the second moments of all readers together; others count by their diagonal. */
  private static final long MOST_MOMENTS = 24_000_000;

  /** A reader of more rows counts by the diagonal of its moments. */
  private static final int MOST_ROWS = 1_200;

  /**
   * @param order units, those first that go first
   * @param fractions gone
   * @param divergence at each
   */
  public record Group(int[] order, double[] fractions, double[] divergence) {}

  public ChannelSensitivity {
    groups = List.copyOf(groups);
  }

  static ChannelSensitivity measure(
      Graph original,
      Channels channels,
      Samples samples,
      Divergence divergence,
      OutputInformation information) {
    List<ChannelReader> readers = ChannelReader.of(original, channels);
    Map<String, double[]> known =
        information.of(
            original, readers.stream().map(r -> r.node().name()).toList(), samples.batches());
    Map<ChannelReader, Statistics> statistics = statistics(original, readers, samples);
    Samples few = samples.first(Reconstruction.SENSITIVITY_BATCHES);
    Graph network = divergence.ofHeads(original);
    List<List<Tensor>> wanted = heads(few.of(network), network);
    double[] fractions = channels.groups().size() > MANY ? FEW : FRACTIONS;
    List<ChannelGroup> all = channels.groups();
    Group[] groups = new Group[all.size()];
    Activations values = few.of(network);
    // In the order in which they are first read, so that the network is walked once.
    for (int g : inOrder(all, readers)) {
      ChannelGroup group = all.get(g);
      List<ChannelReader> own = readers.stream().filter(r -> r.reads(group)).toList();
      values.advance(network, first(group, readers));
      double[] measured = new double[fractions.length];
      int[] next = {0};
      List<Integer> order =
          ChannelOrder.of(
              own.stream().map(r -> reader(original, r, statistics.get(r), known)).toList(),
              group.units(),
              Arrays.stream(fractions).mapToInt(f -> (int) Math.round(f * group.size())).toArray(),
              (gone, weights) -> {
                samples.checkCancelled();
                Graph without = without(network, own, statistics, weights);
                measured[next[0]++] = divergence.between(wanted, heads(values.copy(), without));
              });
      groups[g] = new Group(order.stream().mapToInt(i -> i).toArray(), fractions.clone(), measured);
    }
    return new ChannelSensitivity(List.of(groups));
  }

  private static int first(ChannelGroup group, List<ChannelReader> readers) {
    return readers.stream()
        .filter(r -> r.reads(group))
        .mapToInt(ChannelReader::index)
        .min()
        .orElse(0);
  }

  private static List<Integer> inOrder(List<ChannelGroup> groups, List<ChannelReader> readers) {
    return IntStream.range(0, groups.size())
        .boxed()
        .sorted(Comparator.comparingInt(g -> first(groups.get(g), readers)))
        .toList();
  }

  private static List<List<Tensor>> heads(Activations values, Graph network) {
    values.advance(network, network.nodes().size());
    return network.outputs().stream().map(o -> values.value(o.value())).toList();
  }

  /**
   * Of what a reader reads.
   *
   * @param h centred second moment; 0×0 where it is too large, then {@code diagonal} alone
   */
  private record Statistics(Matrix h, double[] diagonal, double[] mean) {
    static final Statistics NONE = new Statistics(Matrix.zeros(0, 0), new double[0], new double[0]);
  }

  private static Map<ChannelReader, Statistics> statistics(
      Graph network, List<ChannelReader> readers, Samples samples) {
    Map<ChannelReader, Statistics> statistics = new HashMap<>();
    Activations values = samples.of(network);
    long left = MOST_MOMENTS;
    for (ChannelReader reader : readers) {
      samples.checkCancelled();
      values.advance(network, reader.index());
      if (reader.layer().isEmpty()) {
        statistics.put(reader, Statistics.NONE);
        continue;
      }
      PrunableLayer layer = reader.layer().get();
      SampledRows rows = new SampledRows(layer, network, values);
      long size = (long) reader.unitOfRow().length * reader.unitOfRow().length;
      boolean whole = reader.unitOfRow().length <= MOST_ROWS && size <= left;
      left -= whole ? size : 0;
      statistics.put(reader, statistics(layer, rows, values, whole));
    }
    return statistics;
  }

  private static Statistics statistics(
      PrunableLayer layer, SampledRows rows, Activations values, boolean whole) {
    final int chunk = 1024;
    List<Tensor> input = values.value(layer.node().input(0));
    Matrix h = Matrix.zeros(0, 0);
    double[] squares = new double[0];
    double[] mean = new double[0];
    for (int from = 0; from < rows.count(); from += chunk) {
      Matrix x = rows.inputs(input, from, Math.min(from + chunk, rows.count()));
      if (from == 0) {
        h = whole ? Matrix.zeros(x.columns(), x.columns()) : h;
        squares = new double[x.columns()];
        mean = new double[x.columns()];
      }
      if (whole) {
        h.add(LinearAlgebra.gram(x));
      }
      for (int i = 0; i < x.values().length; i++) {
        mean[i % mean.length] += x.values()[i];
        squares[i % mean.length] += x.values()[i] * x.values()[i];
      }
    }
    int n = mean.length;
    for (int i = 0; i < n; i++) {
      mean[i] /= rows.count();
      squares[i] = squares[i] / rows.count();
    }
    boolean centred = layer.hasOffset();
    for (int i = 0; i < n; i++) {
      squares[i] -= centred ? mean[i] * mean[i] : 0;
      for (int j = 0; j < n && whole; j++) {
        h.values()[i * n + j] =
            h.values()[i * n + j] / rows.count() - (centred ? mean[i] * mean[j] : 0);
      }
    }
    return new Statistics(h, squares, mean);
  }

  private static ChannelOrder.Reader reader(
      Graph network, ChannelReader reader, Statistics statistics, Map<String, double[]> known) {
    Matrix weights = reader.matrix(network);
    double[] diagonal = statistics.diagonal();
    if (diagonal.length == 0) { // nothing is known of what it reads: by its weights alone
      diagonal = new double[weights.rows()];
      Arrays.fill(diagonal, 1);
    }
    double[] information = known.get(reader.node().name());
    return new ChannelOrder.Reader(
        reader.unitOfRow(), weights, statistics.h(), diagonal, information);
  }

  /** The network with these kernels, which say the same on the mean of what they read. */
  private static Graph without(
      Graph network,
      List<ChannelReader> readers,
      Map<ChannelReader, Statistics> statistics,
      List<Matrix> weights) {
    Map<String, Tensor> changed = new HashMap<>();
    for (int i = 0; i < readers.size(); i++) {
      ChannelReader reader = readers.get(i);
      changed.put(reader.node().input(1), reader.kernel(network, weights.get(i)));
      double[] mean = statistics.get(reader).mean();
      if (mean.length > 0 && reader.layer().get().hasOffset()) {
        changed.putAll(offset(network, reader, mean, weights.get(i)));
      }
    }
    return network.withWeights(changed);
  }

  private static Map<String, Tensor> offset(
      Graph network, ChannelReader reader, double[] mean, Matrix now) {
    Matrix before = reader.matrix(network);
    PrunableLayer layer = reader.layer().get();
    Node node = reader.node();
    boolean normalized = layer.normalization().isPresent();
    String name = normalized ? layer.normalization().get().input(3) : node.input(2);
    float[] values = network.weights().get(name).value().values().clone();
    for (int j = 0; j < values.length; j++) {
      double lost = 0;
      for (int r = 0; r < mean.length; r++) {
        lost += mean[r] * (before.at(r, j) - now.at(r, j));
      }
      values[j] += (float) (normalized ? -lost : lost);
    }
    return Map.of(name, new Tensor(network.weights().get(name).shape(), values));
  }

  /** The cost of a group's fraction that is gone. */
  double cost(int group, double fraction) {
    Group of = groups.get(group);
    return new Curve(of.fractions(), of.divergence()).at(fraction);
  }
}
