package dev.secateur.job;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Grid;
import dev.secateur.graph.Node;
import dev.secateur.graph.Op;
import dev.secateur.plan.Quantization;
import dev.secateur.result.FailureReason;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;

/**
 * Which kernels stay at eight bits where others have four: those of the layers that are named, else
 * those at the network's ends, the last first, as long as all of them are a small part of it. What
 * the last ones lose nothing makes good; what the first ones lose, all others hear.
 *
 * @param kept kernels, by name
 * @param floats those that are not quantized at all
 */
record KernelBits(Set<String> kept, Set<String> floats) {
  /** Of all entries of kernels, one in so many may stay at eight bits without being asked for. */
  private static final long SHARE = 32;

  KernelBits {
    kept = Set.copyOf(kept);
    floats = Set.copyOf(floats);
  }

  /**
   * @param network as it runs at inference
   * @param how with the layers that were asked for
   * @throws JobException if one of them has no kernel
   */
  static KernelBits of(Graph network, Quantization how) {
    Map<String, Node> kernels = kernels(network);
    Optional<List<String>> layers = how.keepInt8();
    return new KernelBits(
        layers.isPresent() ? named(kernels, layers.get()) : ends(network, kernels),
        ofLayers(kernels, how.keepFloat().orElse(List.of())));
  }

  /** All that are quantized stay at eight. */
  static KernelBits eight(Graph network, Quantization how) {
    Map<String, Node> kernels = kernels(network);
    return new KernelBits(kernels.keySet(), ofLayers(kernels, how.keepFloat().orElse(List.of())));
  }

  ToIntFunction<String> most() {
    return kernel ->
        floats.contains(kernel) ? 0 : kept.contains(kernel) ? Grid.EIGHT_BITS : Grid.FOUR_BITS;
  }

  /** The nodes that read a kernel, in order, by the kernel. */
  private static Map<String, Node> kernels(Graph network) {
    Map<String, Node> kernels = new LinkedHashMap<>();
    for (Node node : network.nodes()) {
      if (isLinear(node.op()) && network.weights().containsKey(node.input(1))) {
        kernels.put(node.input(1), node);
      }
    }
    return kernels;
  }

  private static boolean isLinear(Op op) {
    return op instanceof Op.Conv2D
        || op instanceof Op.DepthwiseConv2D
        || op instanceof Op.Conv2DTranspose
        || op instanceof Op.Dense;
  }

  private static Set<String> named(Map<String, Node> kernels, List<String> layers) {
    Set<String> known = kernels.values().stream().map(Node::layer).collect(Collectors.toSet());
    for (String layer : layers) {
      if (!known.contains(layer)) {
        throw new JobException(
            FailureReason.PLAN_INVALID,
            "/quantization/keepInt8: no layer %s with a kernel; there are %s"
                .formatted(layer, known.stream().sorted().collect(Collectors.joining(", "))));
      }
    }
    return ofLayers(kernels, layers);
  }

  private static Set<String> ofLayers(Map<String, Node> kernels, List<String> layers) {
    return kernels.entrySet().stream()
        .filter(e -> layers.contains(e.getValue().layer()))
        .map(Map.Entry::getKey)
        .collect(Collectors.toSet());
  }

  private static Set<String> ends(Graph network, Map<String, Node> kernels) {
    List<String> ends = new ArrayList<>(last(network, kernels));
    ends.addAll(first(network, kernels));
    long allowed = kernels.keySet().stream().mapToLong(k -> size(network, k)).sum() / SHARE;
    Set<String> kept = new HashSet<>();
    for (String kernel : ends) {
      long size = size(network, kernel);
      if (size <= allowed && kept.add(kernel)) {
        allowed -= size;
      }
    }
    return kept;
  }

  private static long size(Graph network, String kernel) {
    return network.weights().get(kernel).shape().size();
  }

  /** Kernels whose nodes read what no kernel has touched. */
  private static List<String> first(Graph network, Map<String, Node> kernels) {
    Set<String> touched = new HashSet<>();
    List<String> first = new ArrayList<>();
    for (Node node : network.nodes()) {
      boolean behind = node.inputs().stream().anyMatch(touched::contains);
      boolean reads = node.inputs().stream().anyMatch(kernels::containsKey);
      if (reads && !behind) {
        first.add(node.input(1));
      }
      if (reads || behind) {
        touched.add(node.name());
      }
    }
    return first;
  }

  /** Kernels whose nodes' values no other kernel reads on. */
  private static List<String> last(Graph network, Map<String, Node> kernels) {
    Map<String, Boolean> readOn = new HashMap<>();
    List<String> last = new ArrayList<>();
    for (int i = network.nodes().size() - 1; i >= 0; i--) {
      Node node = network.nodes().get(i);
      boolean reads = node.inputs().stream().anyMatch(kernels::containsKey);
      boolean before = readOn.getOrDefault(node.name(), false);
      if (reads && !before) {
        last.add(node.input(1));
      }
      if (reads || before) {
        node.inputs().forEach(operand -> readOn.put(operand, true));
      }
    }
    return last;
  }
}
