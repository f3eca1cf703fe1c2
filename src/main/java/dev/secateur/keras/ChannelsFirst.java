package dev.secateur.keras;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Shape;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.Collectors;

/**
 * What a model takes and gives with its channels first, (C,H,W), where the graph has (H,W,C).
 *
 * @param inputs their names
 * @param outputs their names
 */
public record ChannelsFirst(Set<String> inputs, Set<String> outputs) {
  public static final ChannelsFirst NOTHING = new ChannelsFirst(Set.of(), Set.of());

  public ChannelsFirst {
    inputs = Set.copyOf(inputs);
    outputs = Set.copyOf(outputs);
  }

  static ChannelsFirst of(Graph graph, Collection<Integer> inputs, Collection<Integer> outputs) {
    return new ChannelsFirst(
        names(inputs, i -> graph.inputs().get(i).name()),
        names(outputs, i -> graph.outputs().get(i).name()));
  }

  /** Says so, once for each of them. */
  public List<String> remarks(Graph graph) {
    Map<String, Shape> shapes = graph.shapes();
    List<String> remarks = new ArrayList<>();
    graph.inputs().stream()
        .filter(i -> inputs.contains(i.name()))
        .forEach(i -> remarks.add(remark("input", i.name(), "takes", i.shape())));
    graph.outputs().stream()
        .filter(o -> outputs.contains(o.name()))
        .forEach(o -> remarks.add(remark("output", o.name(), "gives", shapes.get(o.value()))));
    return List.copyOf(remarks);
  }

  private static String remark(String what, String name, String verb, Shape last) {
    return "%s %s: the model %s %s, channels first; it is rewritten with channels last, and what is made of it %s %s"
        .formatted(what, name, verb, sample(given(last)), verb, sample(last));
  }

  private static Shape sample(Shape shape) {
    return new Shape(shape.dims().subList(1, shape.rank()));
  }

  /** A shape with the batch as the file's model has it. */
  public static Shape given(Shape last) {
    List<Integer> dims = new ArrayList<>(last.dims());
    dims.add(1, dims.remove(dims.size() - 1));
    return new Shape(dims);
  }

  private static Set<String> names(Collection<Integer> indices, IntFunction<String> name) {
    return indices.stream().map(name::apply).collect(Collectors.toSet());
  }
}
