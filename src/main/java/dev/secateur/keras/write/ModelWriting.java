package dev.secateur.keras.write;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Shape;
import dev.secateur.keras.architecture.KerasArchitecture;
import dev.secateur.keras.layer.Equivalent;
import dev.secateur.keras.layer.WrittenLayers;
import dev.secateur.keras.spec.LayerSpec;
import dev.secateur.keras.spec.LayerSpec.Call;
import dev.secateur.keras.spec.LayerSpec.Ref;
import dev.secateur.keras.spec.ModelSpec;
import dev.secateur.keras.spec.Numbers;
import dev.secateur.keras.weights.WeightSlot;
import dev.secateur.keras.write.WrittenLayer.Value;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** From the architecture as read to the one that is written, with the weights' values. */
public final class ModelWriting {
  private final KerasArchitecture architecture;
  private final WrittenLayers layers;
  private final Graph weights;

  public ModelWriting(KerasArchitecture architecture, Graph weights) {
    this.architecture = architecture;
    this.layers = new WrittenLayers(architecture.dialect());
    this.weights = weights;
  }

  public WrittenModel model() {
    return model(architecture.model(), "", true);
  }

  private WrittenModel model(ModelSpec spec, String path, boolean trainable) {
    Map<String, List<WrittenLayers.Part>> parts = new HashMap<>();
    Set<String> calledTwice = new HashSet<>();
    for (LayerSpec layer : spec.layers()) {
      parts.put(layer.name(), parts(layer, path));
      if (isCalledTwice(layer, path)) {
        calledTwice.add(layer.name());
      }
    }
    boolean sequential = isSequential(spec, path);
    References references = new References(calledTwice, parts);
    List<WrittenLayer> written = new ArrayList<>();
    for (LayerSpec layer : spec.layers()) {
      // A Sequential inside another model takes its shape from its call: then both versions of
      // Keras count its calls from zero.
      if (layer.isInput() && sequential && !path.isEmpty()) {
        continue;
      }
      written.addAll(layer(layer, path, trainable, parts.get(layer.name()), references));
    }
    List<Ref> outputs = spec.outputs().stream().map(references::of).toList();
    boolean top = path.isEmpty();
    return new WrittenModel(
        spec.name(),
        sequential,
        sequential ? written : KerasOrder.of(written, flattened(outputs, spec.outputNames())),
        spec.inputs(),
        outputs,
        top ? spec.inputNames() : List.of(),
        top ? spec.outputNames() : List.of());
  }

  /** A dict by the order of its keys. */
  private static List<Ref> flattened(List<Ref> outputs, List<String> names) {
    return names.isEmpty()
        ? outputs
        : IntStream.range(0, outputs.size())
            .boxed()
            .sorted(Comparator.comparing(names::get))
            .map(outputs::get)
            .toList();
  }

  private List<WrittenLayers.Part> parts(LayerSpec layer, String path) {
    if (layer.isInput() || layer.model().isPresent()) {
      return List.of();
    }
    String place = LayerSpec.place(path, layer.name());
    if (!layer.isOperation()) {
      return layers.parts(layer, place);
    }
    Equivalent equivalent = architecture.equivalents().get(place);
    if (equivalent == null) {
      return List.of(); // written as it was read
    }
    List<WrittenLayers.Part> parts = new ArrayList<>();
    for (Equivalent.Step step : equivalent.steps()) {
      String suffix = parts.isEmpty() ? "" : "_" + (parts.size() + 1);
      LayerSpec standard =
          new LayerSpec(layer.name(), step.type(), step.config(), List.of(), Optional.empty());
      for (WrittenLayers.Part part : layers.parts(standard, place)) {
        parts.add(
            new WrittenLayers.Part(
                suffix + part.suffix(), part.type(), part.config(), part.within()));
      }
    }
    return parts;
  }

  /** Where a reference to a layer of the file leads in the written model. */
  private record References(Set<String> calledTwice, Map<String, List<WrittenLayers.Part>> parts) {

    Ref of(Ref ref) {
      List<WrittenLayers.Part> own = parts.getOrDefault(ref.layer(), List.of());
      String suffix = own.isEmpty() ? "" : own.get(own.size() - 1).suffix();
      int call = calledTwice.contains(ref.layer()) ? 2 * ref.call() + 1 : ref.call();
      return new Ref(ref.layer() + suffix, call, ref.tensor());
    }
  }

  /**
   * Whether versions count a layer's calls differently. Keras 2 counts from one where a model knows
   * its inputs by itself, as a Functional does, or a Sequential that begins with one; Keras 3
   * counts from zero, and a list of outputs otherwise than arguments. With each call made twice,
   * call n is number 2n + 1 for all of them; the others are not part of the network.
   */
  private boolean isCalledTwice(LayerSpec layer, String path) {
    String place = LayerSpec.place(path, layer.name());
    return layer
        .model()
        .filter(m -> layer.calls().size() > 1 || knowsItsInputs(m, place))
        .isPresent();
  }

  private boolean knowsItsInputs(ModelSpec model, String path) {
    return !isSequential(model, path)
        || model.layers().stream()
            .filter(l -> !l.isInput())
            .findFirst()
            .filter(l -> l.model().isPresent())
            .filter(l -> knowsItsInputs(l.model().get(), LayerSpec.place(path, l.name())))
            .isPresent();
  }

  /** Whether it is written as one: not where a layer becomes several that are no chain. */
  private boolean isSequential(ModelSpec model, String path) {
    return model.sequential()
        && model.layers().stream()
            .flatMap(l -> parts(l, path).stream())
            .noneMatch(p -> p.type().equals(WrittenLayers.GATE));
  }

  private List<WrittenLayer> layer(
      LayerSpec layer,
      String path,
      boolean trainable,
      List<WrittenLayers.Part> parts,
      References references) {
    String place = LayerSpec.place(path, layer.name());
    if (layer.isOperation() && parts.isEmpty()) {
      return List.of(OperationWriting.of(layer, references::of));
    }
    List<List<Ref>> calls = new ArrayList<>();
    for (Call call : layer.calls()) {
      List<Ref> refs = call.refs().stream().map(references::of).toList();
      boolean twice =
          layer.isOperation()
              && refs.size() == 1
              && architecture.equivalents().get(place).repeated();
      calls.add(twice ? List.of(refs.get(0), refs.get(0)) : refs);
    }
    if (layer.isInput()) {
      return List.of(plain(layer.name(), "InputLayer", input(layer), List.of()));
    }
    boolean both = trainable && layer.trainable();
    if (layer.model().isPresent()) {
      if (references.calledTwice().contains(layer.name())) {
        calls = calls.stream().flatMap(c -> Stream.of(c, c)).toList();
      }
      WrittenModel inner = model(layer.model().get(), place, both);
      ObjectNode none = JsonNodeFactory.instance.objectNode();
      return List.of(
          new WrittenLayer(layer.name(), inner.type(), none, calls, List.of(), Optional.of(inner)));
    }
    return chain(layer, place, both, parts, calls);
  }

  private static WrittenLayer plain(
      String name, String type, ObjectNode config, List<List<Ref>> calls) {
    return new WrittenLayer(name, type, config, calls, List.of(), Optional.empty());
  }

  private List<WrittenLayer> chain(
      LayerSpec layer,
      String place,
      boolean trainable,
      List<WrittenLayers.Part> parts,
      List<List<Ref>> calls) {
    List<WrittenLayer> chain = new ArrayList<>();
    Set<String> withWeights = new HashSet<>();
    List<List<Ref>> operands = calls;
    for (WrittenLayers.Part part : parts) {
      String name = layer.name() + part.suffix();
      ObjectNode config = part.config();
      config.put("name", name);
      boolean gate = part.type().equals(WrittenLayers.GATE);
      boolean own = withWeights.add(part.within());
      part.trainable(trainable);
      List<Value> values = own ? values(layer, place, part, trainable) : List.of();
      String type = gate ? "Multiply" : part.type();
      List<List<Ref>> called = gate ? gated(layer.name(), operands) : operands;
      chain.add(new WrittenLayer(name, type, config, called, values, Optional.empty()));
      operands = new ArrayList<>();
      for (int i = 0; i < calls.size(); i++) {
        operands.add(List.of(new Ref(name, i, 0)));
      }
    }
    return chain;
  }

  private static List<List<Ref>> gated(String source, List<List<Ref>> gates) {
    List<List<Ref>> calls = new ArrayList<>();
    for (int i = 0; i < gates.size(); i++) {
      calls.add(List.of(new Ref(source, i, 0), gates.get(i).get(0)));
    }
    return calls;
  }

  private ObjectNode input(LayerSpec layer) {
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    ArrayNode shape = config.putArray("batch_input_shape").addNull();
    var stated = Numbers.unwrapped(layer.config().path("batch_input_shape"));
    if (stated.isArray()) {
      for (int i = 1; i < stated.size(); i++) {
        shape.add(stated.get(i));
      }
    } else {
      Shape known =
          weights.inputs().stream()
              .filter(i -> i.name().equals(inputName(layer.name())))
              .map(Graph.Input::shape)
              .findFirst()
              .orElseThrow();
      known.dims().subList(1, known.rank()).forEach(shape::add);
    }
    config.put("dtype", "float32");
    config.put("name", layer.name());
    return config;
  }

  private String inputName(String layer) {
    ModelSpec model = architecture.model();
    for (int i = 0; i < model.inputs().size(); i++) {
      if (model.inputs().get(i).layer().equals(layer)) {
        return model.inputName(i);
      }
    }
    return layer;
  }

  /** The weights that one part of the layer takes, under the part's name. */
  private List<Value> values(
      LayerSpec layer, String place, WrittenLayers.Part part, boolean trainable) {
    List<Value> values = new ArrayList<>();
    for (WeightSlot slot : architecture.weights().of(place)) {
      if (!slot.isWritten() || !slot.within().equals(part.within())) {
        continue;
      }
      float[] value =
          weights.weight(slot.graphName()).map(w -> w.value().values()).orElse(slot.values());
      boolean scale = layer.type().equals("LayerScale");
      String name = scale ? "depthwise_kernel" : slot.ownName();
      Shape shape = scale ? Shape.of(1, 1, slot.shape().last(), 1) : slot.shape();
      String path = place + part.suffix();
      values.add(new Value(path, name, shape, trainable && slot.trainable(), value));
    }
    return values;
  }
}
