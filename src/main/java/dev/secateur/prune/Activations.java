package dev.secateur.prune;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Node;
import dev.secateur.graph.Predictor;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.Weight;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * The values of a network on a set of samples, computed node by node in the network's order: only
 * those are kept that a later node, or an output, reads.
 */
final class Activations {
  private final Samples samples;
  private final UnaryOperator<List<Tensor>> seen;
  private final Map<String, Shape> shapes;

  /** By value, one tensor a batch. */
  private final Map<String, List<Tensor>> values = new HashMap<>();

  private int done;

  /**
   * @param samples the network's inputs, and what runs it
   * @param seen what the nodes that read a value get instead of it, such as its INT8 form
   */
  Activations(Graph network, Samples samples, UnaryOperator<List<Tensor>> seen) {
    this.samples = samples;
    this.seen = seen;
    this.shapes = network.shapes();
    for (int i = 0; i < network.inputs().size(); i++) {
      int input = i;
      List<Tensor> given = samples.batches().stream().map(b -> b.get(input)).toList();
      values.put(network.inputs().get(i).name(), seen.apply(given));
    }
  }

  private Activations(Activations other) {
    this.samples = other.samples;
    this.seen = other.seen;
    this.shapes = other.shapes;
    this.values.putAll(other.values);
    this.done = other.done;
  }

  /** The most values of a sample that are kept at once while a network is walked. */
  static long mostFloats(Graph network) {
    Map<String, Shape> shapes = network.shapes();
    Map<String, Integer> lastReader = new HashMap<>();
    for (int i = 0; i < network.nodes().size(); i++) {
      for (String operand : network.nodes().get(i).inputs()) {
        lastReader.put(operand, i);
      }
    }
    network.outputs().forEach(o -> lastReader.put(o.value(), network.nodes().size()));
    long now = network.inputs().stream().mapToLong(i -> i.shape().size()).sum();
    long most = now;
    for (int i = 0; i < network.nodes().size(); i++) {
      Node node = network.nodes().get(i);
      now += shapes.get(node.name()).size();
      most = Math.max(most, now);
      for (String operand : Set.copyOf(node.inputs())) {
        if (lastReader.get(operand) == i && !network.weights().containsKey(operand)) {
          now -= shapes.get(operand).size();
        }
      }
    }
    return most;
  }

  /** The same values; advancing one does not move the other. */
  Activations copy() {
    return new Activations(this);
  }

  /** A value that is kept, one tensor a batch. */
  List<Tensor> value(String name) {
    return values.get(name);
  }

  /**
   * Computes nodes up to {@code end}, not including it.
   *
   * @param network the network, with the weights to compute with
   */
  void advance(Graph network, int end) {
    List<Node> nodes = network.nodes();
    Set<String> later = new HashSet<>();
    network.outputs().forEach(o -> later.add(o.value()));
    nodes.subList(end, nodes.size()).forEach(n -> later.addAll(n.inputs()));
    if (end > done) {
      compute(network, nodes.subList(done, end), later);
      done = end;
    }
    values.keySet().retainAll(later);
  }

  private void compute(Graph network, List<Node> nodes, Set<String> later) {
    Set<String> operands = new LinkedHashSet<>();
    Map<String, Weight> weights = new LinkedHashMap<>();
    List<Graph.Output> outputs = new ArrayList<>();
    for (Node node : nodes) {
      for (String operand : node.inputs()) {
        network.weight(operand).ifPresent(w -> weights.put(operand, w));
        if (values.containsKey(operand)) {
          operands.add(operand);
        }
      }
      if (later.contains(node.name())) {
        outputs.add(new Graph.Output(node.name(), node.name()));
      }
    }
    if (outputs.isEmpty()) {
      return;
    }
    List<String> inputs = List.copyOf(operands);
    Graph part =
        new Graph(
            network.name(),
            inputs.stream().map(i -> new Graph.Input(i, shapes.get(i))).toList(),
            nodes,
            outputs,
            weights,
            List.of());
    List<List<Tensor>> made = run(part, inputs);
    for (int o = 0; o < outputs.size(); o++) {
      int output = o;
      List<Tensor> value = made.stream().map(m -> m.get(output)).toList();
      values.put(outputs.get(o).name(), seen.apply(value));
    }
  }

  /** The outputs of each batch. Batches are shared out: a few nodes alone keep few threads busy. */
  private List<List<Tensor>> run(Graph part, List<String> inputs) {
    int batches = samples.batches().size();
    int threads = Math.min(samples.threads(), batches);
    if (threads == 1) {
      return run(part, inputs, 0, batches);
    }
    try (Workers workers = new Workers(threads)) {
      List<Supplier<List<List<Tensor>>>> shares = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        int from = t * batches / threads;
        int to = (t + 1) * batches / threads;
        shares.add(() -> run(part, inputs, from, to));
      }
      return Workers.results(workers.start(shares)).stream().flatMap(List::stream).toList();
    }
  }

  private List<List<Tensor>> run(Graph part, List<String> inputs, int from, int to) {
    List<List<Tensor>> made = new ArrayList<>();
    try (Predictor predictor = samples.predictors().open(part, 1)) {
      for (int batch = from; batch < to; batch++) {
        int b = batch;
        made.add(predictor.predict(inputs.stream().map(i -> values.get(i).get(b)).toList()));
      }
    }
    return made;
  }
}
