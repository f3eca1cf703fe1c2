package dev.secateur.keras.architecture;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Node;
import dev.secateur.graph.Op;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Weight;
import dev.secateur.keras.refusal.Kind;
import dev.secateur.keras.refusal.Reasons;
import dev.secateur.keras.refusal.Refusal;
import dev.secateur.keras.spec.LayerSpec;
import dev.secateur.keras.spec.ModelSpec;
import dev.secateur.keras.spec.Numbers;
import dev.secateur.keras.weights.WeightSlot;
import dev.secateur.keras.weights.WeightSlots;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An architecture whose layers have other numbers of channels. The sizes that layers state are set
 * to those of a graph, and the result is lowered anew: what comes of it must be that graph, node by
 * node, or it is refused.
 */
public final class Resizing {
  private final KerasArchitecture before;
  private final Graph wanted;
  private final Map<String, List<Node>> nodes = new HashMap<>();

  private Resizing(KerasArchitecture before, Graph wanted) {
    this.before = before;
    this.wanted = wanted;
    wanted.nodes().forEach(n -> nodes.computeIfAbsent(n.layer(), l -> new ArrayList<>()).add(n));
  }

  /**
   * @param graph the architecture's own, with kernels of other sizes
   * @throws Refusal naming a layer that cannot be made so
   */
  public static KerasArchitecture of(KerasArchitecture architecture, Graph graph) {
    return new Resizing(architecture, graph).resized();
  }

  private KerasArchitecture resized() {
    ModelSpec model = resized(before.model(), "");
    WeightSlots weights = new WeightSlots(Long.MAX_VALUE / 2);
    Reasons reasons = new Reasons();
    Optional<Shape> input =
        wanted.inputs().size() == 1
            ? Optional.of(wanted.inputs().get(0).shape())
            : Optional.empty();
    ArchitectureLowering lowering =
        new ArchitectureLowering(wanted.name(), weights, before.dialect(), input, reasons);
    Optional<Graph> lowered = lowering.lower(model);
    reasons.check();
    checkEqual(lowered.orElseThrow());
    fill(lowered.orElseThrow());
    fillHidden(weights, model, "");
    stateInnerInputs(model, "", lowering.innerInputs());
    return new KerasArchitecture(model, weights, before.dialect(), lowering.equivalents());
  }

  private ModelSpec resized(ModelSpec model, String path) {
    List<LayerSpec> layers = new ArrayList<>();
    for (LayerSpec layer : model.layers()) {
      String place = LayerSpec.place(path, layer.name());
      ObjectNode config = layer.config().deepCopy();
      if (!layer.isOperation()) {
        nodes.getOrDefault(place, List.of()).forEach(n -> state(layer.type(), config, n));
      }
      Optional<ModelSpec> inner = layer.model().map(m -> resized(m, place));
      layers.add(new LayerSpec(layer.name(), layer.type(), config, layer.calls(), inner));
    }
    return new ModelSpec(
        model.name(),
        model.sequential(),
        layers,
        model.inputs(),
        model.outputs(),
        model.inputNames(),
        model.outputNames());
  }

  /** Sets what a layer's configuration says of the sizes of one of its nodes. */
  private void state(String type, ObjectNode config, Node node) {
    if (type.equals("TimeDistributed")) {
      JsonNode inner = config.path("layer");
      state(inner.path("class_name").asText(), (ObjectNode) inner.path("config"), node);
    } else if (node.op() instanceof Op.Dense) {
      config.put("units", kernel(node).dim(1));
    } else if (node.op() instanceof Op.Conv2DTranspose) {
      config.put("filters", kernel(node).dim(2));
    } else if (node.op() instanceof Op.Conv2D convolution) {
      config.put("filters", kernel(node).dim(3));
      if (config.has("groups")) {
        config.put("groups", convolution.groups());
      }
    } else if (node.op() instanceof Op.Reshape reshape
        && config.get("target_shape") instanceof ArrayNode target) {
      int last = target.size() - 1;
      if (last >= 0 && target.get(last).asInt() != -1) {
        target.set(last, reshape.sample().last());
      }
    }
  }

  private Shape kernel(Node node) {
    return wanted.weight(node.input(1)).map(Weight::shape).orElseThrow();
  }

  private void checkEqual(Graph made) {
    for (int i = 0; i < wanted.nodes().size(); i++) {
      Node node = wanted.nodes().get(i);
      boolean same =
          made.nodes().size() == wanted.nodes().size() && made.nodes().get(i).equals(node);
      for (String operand : node.inputs()) {
        same &=
            made.weight(operand)
                .map(Weight::shape)
                .equals(wanted.weight(operand).map(Weight::shape));
      }
      if (!same) {
        throw new Refusal(
            Kind.UNWRITABLE,
            node.layer(),
            "cannot be written with another number of channels",
            "report this with the model: its channels must stay");
      }
    }
  }

  /** Gives the weights, which {@code made} shares with the slots, the values of the graph. */
  private void fill(Graph made) {
    made.weights()
        .forEach(
            (name, w) -> copy(wanted.weights().get(name).value().values(), w.value().values()));
  }

  /** What the graph does not compute with as it is keeps its size and values. */
  private void fillHidden(WeightSlots slots, ModelSpec model, String path) {
    for (LayerSpec layer : model.layers()) {
      String place = LayerSpec.place(path, layer.name());
      for (WeightSlot slot : slots.of(place)) {
        Optional<WeightSlot> old = before.weights().find(place, slot.name());
        if (slot.graphName().isEmpty() && old.isPresent() && slot.isWritten()) {
          copy(old.get().values(), slot.values());
        }
      }
      layer.model().ifPresent(inner -> fillHidden(slots, inner, place));
    }
  }

  private static void copy(float[] from, float[] to) {
    System.arraycopy(from, 0, to, 0, from.length);
  }

  /** A model within states what it is called with. */
  private static void stateInnerInputs(ModelSpec model, String path, Map<String, Shape> shapes) {
    for (LayerSpec layer : model.layers()) {
      String place = LayerSpec.place(path, layer.name());
      layer.model().ifPresent(inner -> stateInnerInputs(inner, place, shapes));
      if (!path.isEmpty()
          && layer.isInput()
          && shapes.containsKey(place)
          && Numbers.unwrapped(layer.config().path("batch_input_shape"))
              instanceof ArrayNode stated) {
        int last = stated.size() - 1;
        if (last > 0 && !stated.get(last).isNull()) {
          stated.set(last, shapes.get(place).last());
        }
      }
    }
  }
}
