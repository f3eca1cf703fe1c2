package dev.secateur.prune;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Node;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.Weight;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A convolution or dense layer whose kernel is a matrix from sampled inputs to outputs, with what
 * stands around it: the batch normalisation behind it, which is part of the linear map, and the
 * addition that its output goes into.
 *
 * @param index of the node in the graph
 * @param kernel the weight's name; no other node reads it
 * @param normalization behind it, if it is the only reader
 * @param skip the other operand of the addition that alone reads the layer's output (after the
 *     normalisation), where that is computed before the layer
 */
record PrunableLayer(
    int index, Node node, String kernel, Optional<Node> normalization, Optional<String> skip)
    implements PrunableKernel {
  /** A 3×3 convolution of 512 channels: two such matrices of doubles take 340 MB. */
  private static final int MOST_ROWS = 4608;

  /** Half a dozen matrices of so many doubles take 120 MB. */
  private static final long MOST_ENTRIES = 2_500_000;

  /** The layers of a network that can be reconstructed, in order. */
  static List<PrunableLayer> of(Graph graph) {
    Map<String, List<Node>> readers = graph.consumers();
    Map<String, Integer> indices = new HashMap<>();
    graph.inputs().forEach(i -> indices.put(i.name(), -1));
    for (int i = 0; i < graph.nodes().size(); i++) {
      indices.put(graph.nodes().get(i).name(), i);
    }
    Map<String, Shape> shapes = graph.shapes();
    List<PrunableLayer> layers = new ArrayList<>();
    for (int i = 0; i < graph.nodes().size(); i++) {
      Node node = graph.nodes().get(i);
      if (isMatrix(node) && isOwn(graph, readers, node.input(1)) && fits(graph, node.input(1))) {
        layers.add(at(graph, readers, indices, shapes, i));
      }
    }
    return layers;
  }

  private static boolean isMatrix(Node node) {
    return node.op() instanceof Op.Dense
        || (node.op() instanceof Op.Conv2D convolution && convolution.groups() == 1);
  }

  /** Whether the moments of its inputs, and the weights in the making, fit into bounded memory. */
  private static boolean fits(Graph graph, String kernel) {
    long size = graph.weights().get(kernel).shape().size();
    return size <= MOST_ENTRIES && size / graph.weights().get(kernel).shape().last() <= MOST_ROWS;
  }

  private static boolean isOwn(Graph graph, Map<String, List<Node>> readers, String kernel) {
    return readers.get(kernel).size() == 1
        && graph.weight(kernel).filter(w -> w.role() == Weight.Role.KERNEL).isPresent();
  }

  private static PrunableLayer at(
      Graph graph,
      Map<String, List<Node>> readers,
      Map<String, Integer> indices,
      Map<String, Shape> shapes,
      int index) {
    Node node = graph.nodes().get(index);
    Optional<Node> reader = reader(graph, readers, shapes, node.name());
    Optional<Node> normalization =
        reader
            .filter(r -> r.op() instanceof Op.BatchNormalization)
            .filter(r -> isOwn(readers, r.input(3)) && graph.weight(r.input(3)).isPresent());
    Optional<Node> sum =
        normalization.isPresent()
            ? reader(graph, readers, shapes, normalization.get().name())
            : reader;
    String value = normalization.map(Node::name).orElse(node.name());
    Optional<String> skip =
        sum.filter(s -> s.op() instanceof Op.Binary b && b.kind() == Op.BinaryKind.ADD)
            .filter(s -> s.inputs().contains(value))
            .map(s -> s.input(0).equals(value) ? s.input(1) : s.input(0))
            .filter(other -> indices.getOrDefault(other, Integer.MAX_VALUE) < index)
            .filter(other -> shapes.get(other).equals(shapes.get(value)));
    return new PrunableLayer(index, node, node.input(1), normalization, skip);
  }

  private static boolean isOwn(Map<String, List<Node>> readers, String weight) {
    return readers.get(weight).size() == 1;
  }

  /** The only node that reads a value which is no output; behind reshapes that keep channels. */
  private static Optional<Node> reader(
      Graph graph, Map<String, List<Node>> readers, Map<String, Shape> shapes, String value) {
    List<Node> all = readers.getOrDefault(value, List.of());
    if (all.size() != 1 || graph.outputs().stream().anyMatch(o -> o.value().equals(value))) {
      return Optional.empty();
    }
    Node only = all.get(0);
    boolean keepsChannels =
        only.op() instanceof Op.Reshape
            && shapes.get(only.name()).last() == shapes.get(value).last();
    return keepsChannels ? reader(graph, readers, shapes, only.name()) : Optional.of(only);
  }

  /** Inputs of one output. */
  int rows(Graph graph) {
    return (int) (graph.weights().get(kernel).shape().size() / columns(graph));
  }

  /** Outputs. */
  int columns(Graph graph) {
    return graph.weights().get(kernel).shape().last();
  }

  /** The factor that the normalisation gives to each output; ones without one. */
  double[] outputScale(Graph graph) {
    double[] scale = new double[columns(graph)];
    Arrays.fill(scale, 1);
    normalization.ifPresent(
        n -> {
          float[] gamma = graph.weights().get(n.input(1)).value().values();
          float[] variance = graph.weights().get(n.input(4)).value().values();
          float epsilon = ((Op.BatchNormalization) n.op()).epsilon();
          for (int i = 0; i < scale.length; i++) {
            scale[i] = gamma[i] / Math.sqrt(variance[i] + epsilon);
          }
        });
    return scale;
  }

  /** Whether a constant can be added to each output: to a bias, or to the normalisation's mean. */
  boolean hasOffset() {
    return normalization.isPresent() || node.inputs().size() > 2;
  }

  /** The kernel with the normalisation's factor in it: rows×columns. */
  Matrix folded(Graph graph) {
    float[] kernelValues = graph.weights().get(kernel).value().values();
    double[] scale = outputScale(graph);
    double[] folded = new double[kernelValues.length];
    for (int i = 0; i < folded.length; i++) {
      folded[i] = kernelValues[i] * scale[i % scale.length];
    }
    return new Matrix(rows(graph), scale.length, folded);
  }

  /**
   * The network's weights that change when this layer computes the solution, which has the
   * normalisation's factor in it, and its outputs, after the normalisation, are raised by {@code
   * offset}. What feeds an output that the normalisation makes constant keeps its value.
   */
  Map<String, Tensor> unfolded(Graph graph, LayerProblem.Solution solution, double[] offset) {
    double[] scale = outputScale(graph);
    Tensor before = graph.weights().get(kernel).value();
    float[] values = new float[before.values().length];
    for (int i = 0; i < values.length; i++) {
      double factor = scale[i % scale.length];
      if (solution.kept()[i]) {
        double value = solution.weights().values()[i];
        values[i] = nonZero(factor == 0 ? before.values()[i] : (float) (value / factor));
      }
    }
    Map<String, Tensor> changed = new HashMap<>();
    changed.put(kernel, new Tensor(before.shape(), values));
    if (normalization.isPresent()) {
      String mean = normalization.get().input(3);
      changed.put(mean, moved(graph, mean, offset, scale));
    } else if (node.inputs().size() > 2) {
      double[] none = new double[offset.length];
      Arrays.fill(none, -1);
      changed.put(node.input(2), moved(graph, node.input(2), offset, none));
    }
    return changed;
  }

  /**
   * The network's weights that change when this layer, behind which no normalisation stands, has
   * these, and its outputs are raised by {@code offset}.
   */
  Map<String, Tensor> replaced(Graph graph, Matrix weights, double[] offset) {
    float[] values = new float[weights.values().length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) weights.values()[i];
    }
    Map<String, Tensor> changed = new HashMap<>();
    changed.put(kernel, new Tensor(graph.weights().get(kernel).shape(), values));
    if (hasOffset()) {
      double[] raised = new double[offset.length];
      Arrays.fill(raised, -1);
      changed.put(node.input(2), moved(graph, node.input(2), offset, raised));
    }
    return changed;
  }

  /** {@code weight − offset/scale}, where that is defined. */
  private static Tensor moved(Graph graph, String name, double[] offset, double[] scale) {
    Tensor before = graph.weights().get(name).value();
    float[] values = before.values().clone();
    for (int i = 0; i < values.length; i++) {
      values[i] -= scale[i] == 0 ? 0f : (float) (offset[i] / scale[i]);
    }
    return new Tensor(before.shape(), values);
  }

  /** A weight that stays is not zero: what counts as pruned is told by zeros. */
  private static float nonZero(float value) {
    return value == 0f ? Float.MIN_NORMAL : value;
  }
}
