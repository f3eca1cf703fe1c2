package dev.secateur.prune;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Macs;
import dev.secateur.graph.Node;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Weight;
import dev.secateur.graph.channel.Axis;
import dev.secateur.graph.channel.ChannelGroup;
import dev.secateur.graph.channel.Channels;
import dev.secateur.plan.ChannelTarget;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a network takes when so many units of each group of its channels are kept, without building
 * it: each as a share of what the whole network takes.
 */
final class NetworkSize {
  /** Exponent of the mean that stands for the largest where widths are weighed. */
  private static final double PEAK = 12;

  /** How much what is not asked for weighs beside what is. */
  private static final double OTHERS = 0.05;

  /** A number of channels: those that stay, and for each group those of one unit. */
  private record Width(int stays, int[] groups, int[] perUnit) {
    double at(int[] kept) {
      double sum = stays;
      for (int i = 0; i < groups.length; i++) {
        sum += (double) perUnit[i] * kept[groups[i]];
      }
      return sum;
    }
  }

  private record Term(double factor, List<Width> widths) {
    double at(int[] kept) {
      double product = factor;
      for (Width width : widths) {
        product *= width.at(kept);
      }
      return product;
    }
  }

  private final Channels channels;
  private final Map<Integer, Integer> groupOfUnit = new HashMap<>();
  private final List<Term> macs = new ArrayList<>();
  private final List<Term> weights = new ArrayList<>();

  /** For each node, the values that are held while it is computed. */
  private final List<List<Term>> held = new ArrayList<>();

  private final double[] whole;

  NetworkSize(Graph network, Channels channels) {
    this.channels = channels;
    List<ChannelGroup> groups = channels.groups();
    for (int g = 0; g < groups.size(); g++) {
      for (int unit : groups.get(g).units()) {
        groupOfUnit.put(unit, g);
      }
    }
    Map<String, Shape> shapes = network.shapes();
    Map<String, Long> counted = Macs.of(network);
    for (Node node : network.nodes()) {
      if (counted.containsKey(node.name())) {
        macs.add(macs(node, counted.get(node.name()), shapes));
      }
    }
    for (Weight weight : network.weights().values()) {
      if (weight.role() != Weight.Role.CONSTANT) {
        List<Width> widths = new ArrayList<>();
        for (int i = 0; i < weight.shape().rank(); i++) {
          widths.add(width(new Axis(weight.name(), i), weight.shape().dim(i)));
        }
        weights.add(new Term(1, widths));
      }
    }
    hold(network, shapes);
    int[] all = groups.stream().mapToInt(ChannelGroup::size).toArray();
    this.whole = new double[] {sum(macs, all), sum(weights, all), peak(all)};
  }

  private Term macs(Node node, long count, Map<String, Shape> shapes) {
    Shape kernel = shapes.get(node.input(1));
    List<Width> widths = new ArrayList<>();
    boolean grouped = node.op() instanceof Op.Conv2D c && c.groups() > 1;
    if (node.op() instanceof Op.DepthwiseConv2D || grouped) {
      Shape out = shapes.get(node.name());
      widths.add(width(new Axis(node.name(), out.rank() - 1), out.last()));
    } else if (!(node.op() instanceof Op.MatMul)) {
      for (int i = Math.max(0, kernel.rank() - 2); i < kernel.rank(); i++) {
        widths.add(width(new Axis(node.input(1), i), kernel.dim(i)));
      }
    }
    double factor = count;
    int[] all = channels.groups().stream().mapToInt(ChannelGroup::size).toArray();
    for (Width width : widths) {
      factor /= width.at(all);
    }
    return new Term(factor, widths);
  }

  private void hold(Graph network, Map<String, Shape> shapes) {
    List<Node> nodes = network.nodes();
    Map<String, Integer> lastReader = new HashMap<>();
    for (int i = 0; i < nodes.size(); i++) {
      for (String operand : nodes.get(i).inputs()) {
        lastReader.put(operand, i);
      }
    }
    network.outputs().forEach(o -> lastReader.put(o.value(), nodes.size()));
    Map<String, Term> now = new HashMap<>();
    network.inputs().forEach(i -> now.put(i.name(), value(i.name(), i.shape())));
    for (int i = 0; i < nodes.size(); i++) {
      Node node = nodes.get(i);
      now.put(node.name(), value(node.name(), shapes.get(node.name())));
      held.add(List.copyOf(now.values()));
      Set<String> done = new HashSet<>(node.inputs());
      int at = i;
      done.removeIf(o -> lastReader.get(o) != at);
      now.keySet().removeAll(done);
    }
  }

  private Term value(String name, Shape shape) {
    if (shape.rank() < 2) {
      return new Term(shape.size(), List.of());
    }
    Width width = width(new Axis(name, shape.rank() - 1), shape.last());
    return new Term((double) shape.size() / shape.last(), List.of(width));
  }

  private Width width(Axis axis, int size) {
    Map<Integer, Integer> perGroup = new HashMap<>();
    int stays = size;
    for (int unit : channels.units(axis)) {
      Integer group = groupOfUnit.get(unit);
      if (group != null) {
        perGroup.merge(group, 1, Integer::sum);
        stays--;
      }
    }
    int[] groups = perGroup.keySet().stream().mapToInt(g -> g).sorted().toArray();
    int[] perUnit = new int[groups.length];
    for (int i = 0; i < groups.length; i++) {
      perUnit[i] = perGroup.get(groups[i]) / channels.groups().get(groups[i]).size();
    }
    return new Width(stays, groups, perUnit);
  }

  private static double sum(List<Term> terms, int[] kept) {
    double sum = 0;
    for (Term term : terms) {
      sum += term.at(kept);
    }
    return sum;
  }

  private double peak(int[] kept) {
    double most = 0;
    for (List<Term> values : held) {
      most = Math.max(most, sum(values, kept));
    }
    return most;
  }

  private double meanPeak(int[] kept) {
    double sum = 0;
    for (List<Term> values : held) {
      sum += Math.pow(sum(values, kept) / whole[2], PEAK);
    }
    return Math.pow(sum, 1 / PEAK);
  }

  /** The share that is left of what is to be made smaller. */
  double left(ChannelTarget.Of of, int[] kept) {
    return switch (of) {
      case MACS -> sum(macs, kept) / whole[0];
      case BYTES -> sum(weights, kept) / whole[1];
      case MEMORY -> peak(kept) / whole[2];
      case BOTH -> Math.max(left(ChannelTarget.Of.MACS, kept), left(ChannelTarget.Of.BYTES, kept));
    };
  }

  /** What widths are chosen by: what is asked for and, between equals, the others. */
  double weighed(ChannelTarget.Of of, int[] kept) {
    double macsLeft = sum(macs, kept) / whole[0];
    double weightsLeft = sum(weights, kept) / whole[1];
    return switch (of) {
      case MACS -> macsLeft + OTHERS * weightsLeft;
      case BYTES -> weightsLeft + OTHERS * macsLeft;
      case BOTH -> macsLeft + weightsLeft;
      case MEMORY -> meanPeak(kept) + OTHERS * (macsLeft + weightsLeft);
    };
  }
}
