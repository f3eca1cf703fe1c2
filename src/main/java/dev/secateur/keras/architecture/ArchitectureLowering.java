package dev.secateur.keras.architecture;

import com.fasterxml.jackson.databind.JsonNode;
import dev.secateur.graph.Graph;
import dev.secateur.graph.GraphBuilder;
import dev.secateur.graph.GraphException;
import dev.secateur.graph.Shape;
import dev.secateur.keras.layer.Dialect;
import dev.secateur.keras.layer.Equivalent;
import dev.secateur.keras.layer.LayerContext;
import dev.secateur.keras.layer.LayerTypes;
import dev.secateur.keras.layer.OperationCall;
import dev.secateur.keras.layer.Operations;
import dev.secateur.keras.refusal.Kind;
import dev.secateur.keras.refusal.Reason;
import dev.secateur.keras.refusal.Reasons;
import dev.secateur.keras.refusal.Refusal;
import dev.secateur.keras.spec.LayerSpec;
import dev.secateur.keras.spec.LayerSpec.Argument;
import dev.secateur.keras.spec.LayerSpec.Call;
import dev.secateur.keras.spec.LayerSpec.Constant;
import dev.secateur.keras.spec.LayerSpec.Items;
import dev.secateur.keras.spec.LayerSpec.Ref;
import dev.secateur.keras.spec.ModelSpec;
import dev.secateur.keras.spec.Numbers;
import dev.secateur.keras.spec.Options;
import dev.secateur.keras.weights.WeightSlots;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * From the architecture to the graph. Models inside models are lowered in place, once for each use,
 * with the same weights. A layer that cannot be lowered gives a reason; what depends on it is left
 * out, so that the next reasons are independent ones.
 */
public final class ArchitectureLowering {
  private static final int MOST_NODES = 200_000;
  private static final int MOST_DIMENSIONS = 8;

  private static final String GIVE_SHAPE =
      "give the shape of one sample with --input-shape, or a dataset, from which it is taken";

  private final GraphBuilder graph;
  private final WeightSlots weights;
  private final Dialect dialect;
  private final Optional<Shape> inputShape;
  private final Reasons reasons;
  private final Set<String> layersSeen = new HashSet<>();
  private final Map<String, Equivalent> equivalents = new HashMap<>();
  private final Map<String, Shape> innerInputs = new HashMap<>();
  private int calls;

  public ArchitectureLowering(
      String name,
      WeightSlots weights,
      Dialect dialect,
      Optional<Shape> inputShape,
      Reasons reasons) {
    this.graph = new GraphBuilder(name);
    this.weights = weights;
    this.dialect = dialect;
    this.inputShape = inputShape;
    this.reasons = reasons;
  }

  /** Standard layers that mean the same as operations, by path. */
  public Map<String, Equivalent> equivalents() {
    return equivalents;
  }

  /** What models inside the model were last called with, by their input layers' paths. */
  public Map<String, Shape> innerInputs() {
    return innerInputs;
  }

  /** The graph, if there were no reasons against it. */
  public Optional<Graph> lower(ModelSpec model) {
    Map<String, LayerSpec> layers = new HashMap<>();
    model.layers().forEach(l -> layers.put(l.name(), l));
    List<Optional<String>> inputs = new ArrayList<>();
    for (int i = 0; i < model.inputs().size(); i++) {
      Ref ref = model.inputs().get(i);
      LayerSpec layer = layers.get(ref.layer());
      if (layer == null || !layer.isInput()) {
        throw Refusal.config(ref.layer(), "an input of the model that is no InputLayer");
      }
      inputs.add(input(layer, model.inputName(i), model.inputs().size()));
    }
    List<Optional<String>> outputs = model(model, "", true, Optional.empty(), inputs);
    if (!reasons.isEmpty()) {
      return Optional.empty();
    }
    Set<String> names = new HashSet<>();
    for (int i = 0; i < outputs.size(); i++) {
      graph.output(outputName(model, i, names), outputs.get(i).orElseThrow());
    }
    return Optional.of(graph.build());
  }

  /** Keras names outputs after their layers, and numbers those that repeat. */
  private static String outputName(ModelSpec model, int index, Set<String> taken) {
    boolean named = !model.outputNames().isEmpty();
    String name = named ? model.outputNames().get(index) : model.outputs().get(index).layer();
    String unique = name;
    for (int i = 1; !taken.add(unique); i++) {
      unique = name + "_" + i;
    }
    return unique;
  }

  private Optional<String> input(LayerSpec layer, String name, int inputs) {
    try {
      LayerTypes.checkInput(new Options(layer.name(), layer.config()));
      if (inputs > 1 && isOpen(layer)) {
        throw unknown(
            layer,
            "an open size for one of its inputs",
            "give each Input its size and save the model again: with several inputs none is taken"
                + " from elsewhere");
      }
      return Optional.of(graph.input(name, shape(layer, inputShape)));
    } catch (Refusal e) {
      reasons.add(e);
      return Optional.empty();
    }
  }

  private static boolean isOpen(LayerSpec layer) {
    JsonNode stated = Numbers.unwrapped(layer.config().path("batch_input_shape"));
    for (int i = 1; i < stated.size(); i++) {
      if (stated.get(i).isNull()) {
        return true;
      }
    }
    return !stated.isArray();
  }

  /** The stated shape, its gaps filled from the given one. */
  private static Shape shape(LayerSpec layer, Optional<Shape> given) {
    JsonNode stated = Numbers.unwrapped(layer.config().path("batch_input_shape"));
    if (!stated.isArray()) {
      return given
          .map(s -> s.withBatch(Shape.UNKNOWN))
          .orElseThrow(() -> unknown(layer, "no shape for its input", GIVE_SHAPE));
    }
    if (stated.size() < 2 || stated.size() > MOST_DIMENSIONS) {
      throw Refusal.config(layer.name(), "an input of " + stated.size() + " dimensions");
    }
    List<Integer> dims = new ArrayList<>(List.of(Shape.UNKNOWN));
    boolean fits = given.isPresent() && given.get().rank() == stated.size();
    for (int i = 1; i < stated.size(); i++) {
      int dim = stated.get(i).asInt(Shape.UNKNOWN);
      if (stated.get(i).isNull() && fits) {
        dim = given.get().dim(i);
      }
      if (stated.get(i).isNull() && dim == Shape.UNKNOWN) {
        String open = "the shape " + stated + " with unknown dimensions for its input";
        throw given.isEmpty()
            ? unknown(layer, open, GIVE_SHAPE)
            : unknown(
                layer,
                open
                    + ", which a sample of "
                    + (given.get().rank() - 1)
                    + " dimensions cannot fill",
                "give a sample of " + (stated.size() - 1) + " dimensions");
      }
      if (dim < 1) {
        throw Refusal.config(layer.name(), "an input of the shape " + stated);
      }
      dims.add(dim);
    }
    return new Shape(dims);
  }

  private static Refusal unknown(LayerSpec layer, String what, String remedy) {
    return new Refusal(Kind.INPUT_SHAPE_UNKNOWN, layer.name(), "the model has " + what, remedy);
  }

  /** One use of a model; an absent value is one that could not be lowered. */
  private List<Optional<String>> model(
      ModelSpec model,
      String path,
      boolean trainable,
      Optional<Boolean> training,
      List<Optional<String>> inputs) {
    Map<Ref, Optional<String>> values = new HashMap<>();
    if (model.inputs().size() != inputs.size()) {
      throw Refusal.config(
          path, "called with " + inputs.size() + " tensors instead of " + model.inputs().size());
    }
    for (int i = 0; i < inputs.size(); i++) {
      Ref input = model.inputs().get(i);
      values.put(input, inputs.get(i));
      inputs
          .get(i)
          .ifPresent(v -> innerInputs.put(LayerSpec.place(path, input.layer()), graph.shape(v)));
    }
    model.layers().forEach(l -> noteLayer(l, path));
    for (CallOrder.Use use : CallOrder.of(model, path)) {
      call(path, trainable, training, use, values);
    }
    return model.outputs().stream().map(o -> value(values, o, path)).toList();
  }

  private static Optional<String> value(Map<Ref, Optional<String>> values, Ref ref, String path) {
    Optional<String> value = values.get(ref);
    if (value == null) {
      Optional<String> first = values.get(new Ref(ref.layer(), ref.call(), 0));
      if (first != null && first.isEmpty()) {
        return first; // one of the outputs of what could not be lowered
      }
      throw Refusal.config(path, "no output " + ref.tensor() + " of the layer " + ref.layer());
    }
    return value;
  }

  private void noteLayer(LayerSpec layer, String path) {
    String name = LayerSpec.place(path, layer.name());
    if (layersSeen.add(name) && layer.model().isEmpty()) {
      graph.layer(name, layer.isOperation() ? layer.type().substring(3) : layer.type());
    }
  }

  private void call(
      String path,
      boolean trainable,
      Optional<Boolean> around,
      CallOrder.Use use,
      Map<Ref, Optional<String>> values) {
    LayerSpec layer = use.layer();
    String place = LayerSpec.place(path, layer.name());
    if (++calls > MOST_NODES) {
      throw Refusal.limit(place, "more than " + MOST_NODES + " calls");
    }
    List<Optional<String>> operands =
        use.call().refs().stream().map(r -> value(values, r, place)).toList();
    boolean both = trainable && layer.trainable();
    Optional<Boolean> training;
    try {
      training = layer.isOperation() ? around : training(use.call(), place).or(() -> around);
    } catch (Refusal e) {
      reasons.add(e);
      values.put(new Ref(layer.name(), use.index(), 0), Optional.empty());
      return;
    }
    List<Optional<String>> results;
    if (layer.model().isPresent()) {
      results = model(layer.model().get(), place, both, training, operands);
    } else if (operands.stream().anyMatch(Optional::isEmpty)) {
      results = List.of(Optional.empty());
    } else {
      results = layer(layer, place, both, training, use.call(), operands);
    }
    for (int i = 0; i < results.size(); i++) {
      values.put(new Ref(layer.name(), use.index(), i), results.get(i));
    }
  }

  /**
   * The mode in which a call asks for a layer, beside its tensors the only argument that is
   * understood. In Keras 3 the mode of the model passes over it: there, training mode is not asked
   * for when the model predicts, and its augmentation layers say it always. That inference mode was
   * asked for is kept.
   */
  private Optional<Boolean> training(Call call, String place) {
    Optional<Boolean> training = stated(call, place);
    return dialect.major() < 3 ? training : training.filter(t -> !t);
  }

  private static Optional<Boolean> stated(Call call, String place) {
    Optional<Boolean> training = Optional.empty();
    List<Argument> arguments = call.arguments();
    for (int i = 0; i < arguments.size(); i++) {
      if (arguments.get(i) instanceof Constant constant && !constant.value().isNull()) {
        if (i != 1 || !constant.value().isBoolean()) {
          throw Refusal.option(place, "called with the constant " + shown(constant.value()));
        }
        training = Optional.of(constant.value().asBoolean());
      } else if (arguments.get(i) instanceof Items items
          && items.items().stream().anyMatch(Constant.class::isInstance)) {
        throw Refusal.option(place, "called with constants among its tensors");
      }
    }
    for (Map.Entry<String, Argument> named : call.named().entrySet()) {
      String name = named.getKey();
      if (named.getValue() instanceof Constant constant) {
        boolean mode = constant.value().isBoolean() || constant.value().isInt();
        if (!name.equals("training") || !mode) {
          throw Refusal.option(
              place, "called with the argument " + name + "=" + shown(constant.value()));
        }
        training = Optional.of(constant.value().asBoolean());
      } else if (!name.equals("inputs")) {
        throw Refusal.option(place, "called with a tensor as the argument " + name);
      }
    }
    return training;
  }

  private static String shown(JsonNode value) {
    return Reason.abbreviated(value.toString());
  }

  private List<Optional<String>> layer(
      LayerSpec layer,
      String place,
      boolean trainable,
      Optional<Boolean> training,
      Call call,
      List<Optional<String>> operands) {
    LayerContext context =
        new LayerContext(
            graph,
            weights,
            dialect,
            place,
            layer.type(),
            new Options(place, layer.config()),
            operands.stream().map(Optional::orElseThrow).toList(),
            trainable,
            training,
            "");
    try {
      List<String> results =
          layer.isOperation()
              ? operation(layer, context, call)
              : List.of(LayerTypes.lower(context));
      results.forEach(r -> checkSize(place, graph.shape(r)));
      return results.stream().map(Optional::of).toList();
    } catch (Refusal e) {
      reasons.add(e);
    } catch (GraphException | ArithmeticException e) {
      reasons.add(Refusal.config(place, e.getMessage()));
    }
    return List.of(Optional.empty());
  }

  private List<String> operation(LayerSpec layer, LayerContext context, Call call) {
    Map<Ref, String> operands = new HashMap<>();
    List<Ref> refs = call.refs();
    for (int i = 0; i < refs.size(); i++) {
      operands.put(refs.get(i), context.inputs().get(i));
    }
    Operations.Result result =
        Operations.lower(
            OperationCall.of(
                context, layer.type().substring(LayerSpec.OPERATION.length()), call, operands));
    result.equivalent().ifPresent(e -> equivalents.put(context.path(), e));
    return result.outputs();
  }

  private static void checkSize(String place, Shape shape) {
    if (shape.size() > 1L << 28) {
      throw Refusal.limit(place, "a value of " + shape + " for one sample");
    }
  }
}
