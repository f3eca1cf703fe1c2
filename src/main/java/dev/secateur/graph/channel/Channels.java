package dev.secateur.graph.channel;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Node;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.Weight;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The channels of a network, in units that go as a whole, and what is left without some. */
public final class Channels {
  /** The unit of an index that must stay. */
  public static final int STAYS = -1;

  private final Graph graph;

  /** By axis, the unit of each index. */
  private final Map<Axis, int[]> units = new LinkedHashMap<>();

  private final List<ChannelGroup> groups;
  private final Map<String, String> reasons = new LinkedHashMap<>();
  private final int count;

  private Channels(Graph graph, Ties ties) {
    this.graph = graph;
    Map<Integer, Integer> numbers = new HashMap<>();
    ties.axes()
        .forEach(
            (axis, size) -> {
              int[] of = new int[size];
              for (int i = 0; i < size; i++) {
                int root = ties.classOf(axis, i);
                of[i] =
                    ties.isFrozen(root)
                        ? STAYS
                        : numbers.computeIfAbsent(root, r -> numbers.size());
              }
              units.put(axis, of);
            });
    this.count = numbers.size();
    this.groups = grouped();
    for (Node node : graph.nodes()) {
      Axis made = made(node);
      if (made != null && units.get(made)[0] == STAYS) {
        reasons.putIfAbsent(node.layer(), ties.reason(ties.classOf(made, 0)));
      }
    }
  }

  /**
   * @param fixed layers whose configuration states sizes that nobody can change
   */
  public static Channels of(Graph graph, Set<String> fixed) {
    return new Channels(graph, ChannelTies.of(graph, fixed));
  }

  /** Groups of which channels can go, in the network's order. */
  public List<ChannelGroup> groups() {
    return groups;
  }

  /** How many units there are. */
  public int count() {
    return count;
  }

  /** The unit of each index of an axis, or {@link #STAYS}. Axes never spoken of stay whole. */
  public int[] units(Axis axis) {
    int[] of = units.get(axis);
    return of == null ? new int[0] : of.clone();
  }

  /** Why a layer that makes channels keeps all of them, by its name. */
  public Map<String, String> reasons() {
    return Collections.unmodifiableMap(reasons);
  }

  /** The axis of a kernel on which a node makes channels. */
  private Axis made(Node node) {
    int axis =
        node.op() instanceof Op.Conv2D
            ? 3
            : node.op() instanceof Op.Conv2DTranspose ? 2 : node.op() instanceof Op.Dense ? 1 : -1;
    Axis made = axis < 0 ? null : new Axis(node.input(1), axis);
    return made != null && units.containsKey(made) ? made : null;
  }

  /** Units with the same share in the same weights are of one group. */
  private List<ChannelGroup> grouped() {
    List<Map<Axis, Integer>> shares = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      shares.add(new LinkedHashMap<>());
    }
    units.forEach(
        (axis, of) -> {
          if (graph.weights().containsKey(axis.value())) {
            for (int unit : of) {
              if (unit != STAYS) {
                shares.get(unit).merge(axis, 1, Integer::sum);
              }
            }
          }
        });
    Map<Map<Axis, Integer>, List<Integer>> alike = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      if (!shares.get(i).isEmpty()) {
        alike.computeIfAbsent(shares.get(i), k -> new ArrayList<>()).add(i);
      }
    }
    Map<Integer, ChannelGroup> ordered = new TreeMap<>();
    alike.forEach(
        (share, members) -> {
          Set<String> layers = new LinkedHashSet<>();
          int channels = Integer.MAX_VALUE;
          for (Node node : graph.nodes()) {
            Axis made = made(node);
            if (made != null && share.containsKey(made)) {
              layers.add(node.layer());
              channels = Math.min(channels, share.get(made));
            }
          }
          if (!layers.isEmpty()) {
            ordered.put(members.get(0), new ChannelGroup(members, List.copyOf(layers), channels));
          }
        });
    return List.copyOf(ordered.values());
  }

  /** The indices of an axis of this size that stay. */
  private int[] kept(Axis axis, int size, BitSet removed) {
    int[] of = units.get(axis);
    int[] kept = new int[size];
    int n = 0;
    for (int i = 0; i < size; i++) {
      if (of == null || of[i] == STAYS || !removed.get(of[i])) {
        kept[n++] = i;
      }
    }
    return Arrays.copyOf(kept, n);
  }

  /** The channels of an input or a node's value, or the indices of a weight's axis, that stay. */
  public int[] kept(Axis axis, BitSet removed) {
    return kept(axis, shapes().get(axis.value()).dim(axis.index()), removed);
  }

  private Map<String, Shape> shapes() {
    return graph.shapes();
  }

  /**
   * The network without some units: the same nodes under the same names, on smaller weights. What
   * stays is computed as it was where those that go were read with weights of zero.
   */
  public Graph without(BitSet removed) {
    Map<String, Weight> weights = new LinkedHashMap<>();
    graph.weights().forEach((name, w) -> weights.put(name, w.withValue(sliced(w, removed))));
    Map<String, Shape> shapes = shapes();
    List<Node> nodes = new ArrayList<>();
    for (Node node : graph.nodes()) {
      Op op = narrowed(node, shapes, removed);
      nodes.add(new Node(node.name(), op, node.inputs(), node.layer()));
    }
    return new Graph(graph.name(), graph.inputs(), nodes, graph.outputs(), weights, graph.layers());
  }

  private Op narrowed(Node node, Map<String, Shape> shapes, BitSet removed) {
    Shape out = shapes.get(node.name());
    Shape in = shapes.get(node.input(0));
    int left = kept(new Axis(node.name(), out.rank() - 1), out.last(), removed).length;
    if (node.op() instanceof Op.Conv2D c && c.groups() > 1) {
      int inputs = kept(new Axis(node.input(0), 3), in.last(), removed).length;
      return new Op.Conv2D(
          c.strides(), c.padding(), c.dilation(), inputs / (in.last() / c.groups()));
    }
    if (node.op() instanceof Op.Reshape reshape) {
      return new Op.Reshape(reshape.sample().with(-1, left));
    }
    if (node.op() instanceof Op.Slice slice && left != out.last()) {
      List<Integer> end = new ArrayList<>(slice.end());
      end.set(end.size() - 1, left);
      return new Op.Slice(slice.begin(), end, slice.strides());
    }
    return node.op();
  }

  private Tensor sliced(Weight weight, BitSet removed) {
    Tensor value = weight.value();
    for (int axis = 0; axis < weight.shape().rank(); axis++) {
      int size = weight.shape().dim(axis);
      int[] kept = kept(new Axis(weight.name(), axis), size, removed);
      if (kept.length < size) {
        value = sliced(value, axis, kept);
      }
    }
    return value;
  }

  private static Tensor sliced(Tensor value, int axis, int[] kept) {
    int inner = 1;
    for (int i = axis + 1; i < value.shape().rank(); i++) {
      inner *= value.shape().dim(i);
    }
    int size = value.shape().dim(axis);
    int outer = value.values().length / (size * inner);
    float[] values = new float[outer * kept.length * inner];
    for (int o = 0; o < outer; o++) {
      for (int k = 0; k < kept.length; k++) {
        System.arraycopy(
            value.values(),
            (o * size + kept[k]) * inner,
            values,
            (o * kept.length + k) * inner,
            inner);
      }
    }
    return new Tensor(value.shape().with(axis, kept.length), values);
  }
}
