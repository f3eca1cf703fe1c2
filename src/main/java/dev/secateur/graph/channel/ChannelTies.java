package dev.secateur.graph.channel;

import dev.secateur.graph.Activation;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Node;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Weight;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What each operation does to channels: the one place that an operation is added to. A rule ties an
 * index of an output, or of a weight, to the index of an operand that it cannot do without, or
 * freezes what must stay.
 */
final class ChannelTies {
  private final Graph graph;
  private final Map<String, Shape> shapes;
  private final Set<String> fixed;
  private final Ties ties = new Ties();

  private ChannelTies(Graph graph, Set<String> fixed) {
    this.graph = graph;
    this.shapes = graph.shapes();
    this.fixed = fixed;
  }

  /**
   * @param fixed layers whose configuration states sizes that nobody can change
   */
  static Ties of(Graph graph, Set<String> fixed) {
    ChannelTies rules = new ChannelTies(graph, fixed);
    graph.inputs().forEach(i -> rules.freeze(i.name(), "the network's input"));
    graph.nodes().forEach(rules::node);
    graph.outputs().forEach(o -> rules.freeze(o.value(), "the network's output"));
    return rules.ties;
  }

  private void node(Node node) {
    Op op = node.op();
    if (op instanceof Op.Conv2D convolution) {
      convolution(node, convolution);
    } else if (op instanceof Op.DepthwiseConv2D) {
      depthwise(node);
    } else if (op instanceof Op.Conv2DTranspose) {
      kernel(node, 3, 2);
    } else if (op instanceof Op.Dense) {
      kernel(node, 0, 1);
    } else if (op instanceof Op.BatchNormalization) {
      node.inputs().forEach(i -> tie(i, node.name()));
    } else if (op instanceof Op.Activate activate) {
      unlessMoved(node, !isAcross(activate.function(), last(node)));
    } else if (op instanceof Op.Binary
        || op instanceof Op.Compare
        || op instanceof Op.Select
        || op instanceof Op.Prelu) {
      elementwise(node);
    } else if (op instanceof Op.Unary
        || op instanceof Op.Pool2D
        || op instanceof Op.Resize
        || op instanceof Op.Noise
        || op instanceof Op.ActivityRegularization) {
      tie(node.input(0), node.name());
    } else if (op instanceof Op.Reduce reduce) {
      unlessMoved(node, !reduce.axes().contains(last(node)));
    } else if (op instanceof Op.ArgExtreme extreme) {
      unlessMoved(node, extreme.axis() != last(node));
    } else if (op instanceof Op.Permute permute) {
      unlessMoved(node, permute.order().get(last(node)) == last(node));
    } else if (op instanceof Op.Pad pad) {
      unlessMoved(node, pad.before().get(last(node)) + pad.after().get(last(node)) == 0);
    } else if (op instanceof Op.Tile tile) {
      unlessMoved(node, tile.multiples().get(last(node)) == 1);
    } else if (op instanceof Op.Slice slice) {
      unlessMoved(node, isWhole(slice, node) && !fixed.contains(node.layer()));
    } else if (op instanceof Op.Reshape && fixed.contains(node.layer())) {
      mixes(node);
    } else if (op instanceof Op.Reshape
        || op instanceof Op.DepthToSpace
        || op instanceof Op.SpaceToDepth) {
      repeated(node);
    } else if (op instanceof Op.Concat concat) {
      concat(node, concat);
    } else if (op instanceof Op.MatMul) {
      mixes(node);
    } else {
      throw new IllegalStateException("no rule for " + op);
    }
  }

  /** Of the first operand. */
  private int last(Node node) {
    return shapes.get(node.input(0)).rank() - 1;
  }

  private void convolution(Node node, Op.Conv2D convolution) {
    if (convolution.groups() == 1) {
      kernel(node, 2, 3);
      return;
    }
    if (!isKernel(node.input(1))) {
      mixes(node);
      return;
    }
    int inputs = shapes.get(node.input(0)).last() / convolution.groups();
    int outputs = shapes.get(node.name()).last() / convolution.groups();
    Axis in = channels(node.input(0));
    Axis out = channels(node.name());
    for (int i = 0; i < size(in); i++) {
      tie(in, i, out, i / inputs * outputs);
    }
    for (int o = 0; o < size(out); o++) {
      tie(out, o, out, o / outputs * outputs);
    }
    tie(node.input(1), node.name());
    bias(node);
  }

  private void depthwise(Node node) {
    if (!isKernel(node.input(1))) {
      mixes(node);
      return;
    }
    Axis in = channels(node.input(0));
    Axis out = channels(node.name());
    int multiplier = size(out) / size(in);
    for (int i = 0; i < size(in); i++) {
      tie(in, i, new Axis(node.input(1), 2), i);
    }
    for (int o = 0; o < size(out); o++) {
      tie(out, o, in, o / multiplier);
    }
    bias(node);
  }

  /** Fresh channels: a kernel's axis of outputs is the output's, its axis of inputs the input's. */
  private void kernel(Node node, int inputs, int outputs) {
    if (!isKernel(node.input(1))) {
      mixes(node);
      return;
    }
    tie(channels(node.input(0)), new Axis(node.input(1), inputs));
    tie(channels(node.name()), new Axis(node.input(1), outputs));
    bias(node);
  }

  private void bias(Node node) {
    if (node.inputs().size() > 2) {
      tie(node.input(2), node.name());
    }
  }

  private static boolean isAcross(Activation function, int axis) {
    return (function instanceof Activation.Softmax softmax && softmax.axis() == axis)
        || (function instanceof Activation.LogSoftmax log && log.axis() == axis);
  }

  /** One channel goes with any number of others; a number from the configuration is as it is. */
  private void elementwise(Node node) {
    int widest = shapes.get(node.name()).last();
    for (String operand : node.inputs()) {
      if (!hasChannels(operand)) {
        continue;
      }
      if (shapes.get(operand).last() != widest) {
        freeze(operand, node.layer() + " reads its one channel beside many");
        continue;
      }
      tie(operand, node.name());
      boolean constant =
          graph.weight(operand).filter(w -> w.role() == Weight.Role.CONSTANT).isPresent();
      if (constant && widest > 1) {
        freeze(operand, node.layer() + " has a constant for each");
      }
    }
  }

  /**
   * Moves values in their order: where the one number of channels divides the other, an index is
   * one channel's whatever is before it.
   */
  private void repeated(Node node) {
    if (!hasChannels(node.input(0)) || !hasChannels(node.name())) {
      mixes(node);
      return;
    }
    Axis in = channels(node.input(0));
    Axis out = channels(node.name());
    int fewer = Math.min(size(in), size(out));
    if (Math.max(size(in), size(out)) % fewer != 0) {
      mixes(node);
      return;
    }
    for (int i = 0; i < size(in); i++) {
      tie(in, i, out, i % fewer);
    }
    for (int o = 0; o < size(out); o++) {
      tie(out, o, in, o % fewer);
    }
  }

  /** Whether it takes all channels. */
  private boolean isWhole(Op.Slice slice, Node node) {
    int last = last(node);
    return slice.begin().get(last) == 0
        && slice.end().get(last) == shapes.get(node.input(0)).last()
        && slice.strides().get(last) == 1;
  }

  private void concat(Node node, Op.Concat concat) {
    if (concat.axis() != last(node)) {
      node.inputs().forEach(i -> tie(i, node.name()));
      return;
    }
    Axis out = channels(node.name());
    int at = 0;
    for (String operand : node.inputs()) {
      Axis in = channels(operand);
      for (int i = 0; i < size(in); i++) {
        tie(in, i, out, at + i);
      }
      at += size(in);
    }
  }

  /** The output's channels are the input's, unless the operation moves along that axis. */
  private void unlessMoved(Node node, boolean still) {
    if (still) {
      tie(node.input(0), node.name());
    } else {
      mixes(node);
    }
  }

  private void mixes(Node node) {
    String reason = node.layer() + " mixes its channels";
    for (String operand : node.inputs()) {
      Optional<Weight> weight = graph.weight(operand);
      if (weight.isPresent()) {
        for (int i = 0; i < weight.get().shape().rank(); i++) {
          Axis axis = new Axis(operand, i);
          ties.freeze(axis, size(axis), reason);
        }
      } else {
        freeze(operand, reason);
      }
    }
    freeze(node.name(), reason);
  }

  private void freeze(String value, String reason) {
    if (hasChannels(value)) {
      ties.freeze(channels(value), size(channels(value)), reason);
    }
  }

  private void tie(String one, String other) {
    if (hasChannels(one) && hasChannels(other)) {
      tie(channels(one), channels(other));
    }
  }

  private void tie(Axis one, Axis other) {
    for (int i = 0; i < size(one); i++) {
      tie(one, i, other, i);
    }
  }

  private void tie(Axis one, int i, Axis other, int j) {
    ties.tie(one, size(one), i, other, size(other), j);
  }

  /** Whether it is a layer's own: another number is the configuration's, or computed. */
  private boolean isKernel(String name) {
    return graph.weight(name).filter(w -> w.role() == Weight.Role.KERNEL).isPresent();
  }

  private boolean isWeight(String name) {
    return graph.weights().containsKey(name);
  }

  /** Whether there is an axis beside the batch's. */
  private boolean hasChannels(String name) {
    return shapes.get(name).rank() >= (isWeight(name) ? 1 : 2);
  }

  private Axis channels(String name) {
    return new Axis(name, shapes.get(name).rank() - 1);
  }

  private int size(Axis axis) {
    return shapes.get(axis.value()).dim(axis.index());
  }
}
