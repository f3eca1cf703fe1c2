package dev.secateur.prune;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Node;
import dev.secateur.graph.Op;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.channel.Axis;
import dev.secateur.graph.channel.ChannelGroup;
import dev.secateur.graph.channel.Channels;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A kernel that reads channels, and which of its rows reads which unit. Zeros in the rows of a
 * unit, in all kernels that read it, are the network without it.
 *
 * @param index of its node
 * @param unitOfRow of each of the kernel's rows, in the order of {@link #rowOf}
 * @param layer the same as a matrix, where it is one
 */
record ChannelReader(int index, Node node, int[] unitOfRow, Optional<PrunableLayer> layer) {
  /** By kernel, in the network's order; of nodes that share one, the first. */
  static List<ChannelReader> of(Graph graph, Channels channels) {
    Map<String, PrunableLayer> matrices = new HashMap<>();
    PrunableLayer.of(graph).forEach(l -> matrices.put(l.kernel(), l));
    Set<String> seen = new HashSet<>();
    return java.util.stream.IntStream.range(0, graph.nodes().size())
        .filter(i -> inputs(graph.nodes().get(i)) >= 0)
        .filter(i -> graph.weights().containsKey(graph.nodes().get(i).input(1)))
        .filter(i -> seen.add(graph.nodes().get(i).input(1)))
        .mapToObj(
            i -> {
              Node node = graph.nodes().get(i);
              int[] units = channels.units(new Axis(node.input(1), inputs(node)));
              return new ChannelReader(
                  i,
                  node,
                  rows(graph, node, units),
                  Optional.ofNullable(matrices.get(node.input(1))));
            })
        .toList();
  }

  /** The axis of a kernel that reads channels. */
  private static int inputs(Node node) {
    if (node.op() instanceof Op.Conv2D c) {
      return c.groups() == 1 ? 2 : -1;
    }
    return node.op() instanceof Op.Dense ? 0 : node.op() instanceof Op.Conv2DTranspose ? 3 : -1;
  }

  private static int[] rows(Graph graph, Node node, int[] units) {
    int columns = columns(graph, node);
    int[] rows = new int[(int) (graph.weights().get(node.input(1)).shape().size() / columns)];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = units.length == 0 ? Channels.STAYS : units[i % units.length];
    }
    return rows;
  }

  private static int columns(Graph graph, Node node) {
    var shape = graph.weights().get(node.input(1)).shape();
    return node.op() instanceof Op.Conv2DTranspose ? shape.dim(2) : shape.last();
  }

  boolean reads(ChannelGroup group) {
    Set<Integer> units = new HashSet<>(group.units());
    return Arrays.stream(unitOfRow).anyMatch(units::contains);
  }

  /** The kernel as rows×columns, whatever its order in memory. */
  Matrix matrix(Graph graph) {
    Tensor kernel = graph.weights().get(node.input(1)).value();
    int columns = columns(graph, node);
    Matrix matrix = Matrix.zeros(unitOfRow.length, columns);
    for (int r = 0; r < unitOfRow.length; r++) {
      for (int j = 0; j < columns; j++) {
        matrix.values()[r * columns + j] = kernel.values()[at(kernel, r, j)];
      }
    }
    return matrix;
  }

  Tensor kernel(Graph graph, Matrix matrix) {
    Tensor before = graph.weights().get(node.input(1)).value();
    float[] values = new float[before.values().length];
    for (int r = 0; r < matrix.rows(); r++) {
      for (int j = 0; j < matrix.columns(); j++) {
        values[at(before, r, j)] = (float) matrix.at(r, j);
      }
    }
    return new Tensor(before.shape(), values);
  }

  /** A transposed convolution's kernel has its outputs before its inputs. */
  private int at(Tensor kernel, int row, int column) {
    if (!(node.op() instanceof Op.Conv2DTranspose)) {
      return row * kernel.shape().last() + column;
    }
    int inputs = kernel.shape().last();
    int outputs = kernel.shape().dim(2);
    return (row / inputs * outputs + column) * inputs + row % inputs;
  }
}
