package dev.secateur.keras.architecture;

import dev.secateur.keras.refusal.Refusal;
import dev.secateur.keras.spec.LayerSpec;
import dev.secateur.keras.spec.LayerSpec.Call;
import dev.secateur.keras.spec.LayerSpec.Ref;
import dev.secateur.keras.spec.ModelSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * References name a layer's call by its index. For a model used as a layer Keras 2 counts from one
 * where its own construction was call zero, else from zero, in arguments as in the list of outputs.
 * Keras 3 counts arguments from zero; in the list of outputs, a Functional from one and a
 * Sequential from zero ({@code Functional.get_config}). After this, all count from zero.
 */
final class CallIndices {
  private final Map<String, LayerSpec> layers = new HashMap<>();
  private final String path;

  private CallIndices(ModelSpec model, String path) {
    model.layers().forEach(l -> layers.put(l.name(), l));
    this.path = path;
  }

  /**
   * @param keras3 whether it counts as Keras 3 does
   */
  static ModelSpec normalized(ModelSpec model, String path, boolean keras3) {
    CallIndices indices = new CallIndices(model, path);
    List<Ref> arguments =
        model.layers().stream()
            .flatMap(l -> l.calls().stream())
            .flatMap(c -> c.refs().stream())
            .toList();
    Stream.concat(arguments.stream(), model.outputs().stream()).forEach(indices::requireLayer);
    Map<String, Integer> least = least(keras3 ? List.of() : arguments);
    least(model.outputs()).forEach((l, call) -> least.merge(l, call, Math::min));
    UnaryOperator<Ref> argument =
        ref -> indices.fromZero(ref, !keras3 && least.get(ref.layer()) > 0);
    UnaryOperator<Ref> output =
        ref ->
            indices.fromZero(
                ref, least.get(ref.layer()) > 0 && !(keras3 && indices.isSequential(ref)));
    Map<String, SortedSet<Integer>> used = new HashMap<>();
    model
        .layers()
        .forEach(l -> l.calls().forEach(c -> c.refs().forEach(r -> use(r, argument, used))));
    model.outputs().forEach(r -> use(r, output, used));
    UnaryOperator<Ref> number = ref -> indices.renumbered(ref, used);
    List<LayerSpec> renumbered = new ArrayList<>();
    for (LayerSpec layer : model.layers()) {
      List<Call> calls = needed(layer, used);
      renumbered.add(
          layer.withCalls(
              calls.stream().map(c -> c.with(r -> number.apply(argument.apply(r)))).toList()));
    }
    return new ModelSpec(
        model.name(),
        model.sequential(),
        renumbered,
        model.inputs(),
        model.outputs().stream().map(output).map(number).toList(),
        model.inputNames(),
        model.outputNames());
  }

  private static void use(
      Ref ref, UnaryOperator<Ref> change, Map<String, SortedSet<Integer>> used) {
    Ref changed = change.apply(ref);
    used.computeIfAbsent(changed.layer(), l -> new TreeSet<>()).add(changed.call());
  }

  /** A model's calls that are used: Secateur writes each of some twice (ModelWriting). */
  private static List<Call> needed(LayerSpec layer, Map<String, SortedSet<Integer>> used) {
    SortedSet<Integer> own = used.getOrDefault(layer.name(), new TreeSet<>());
    if (layer.model().isEmpty() || own.isEmpty() || layer.calls().isEmpty()) {
      return layer.calls();
    }
    return own.stream().map(layer.calls()::get).toList();
  }

  /** The number of a call among those of its model that are used. */
  private Ref renumbered(Ref ref, Map<String, SortedSet<Integer>> used) {
    boolean model = layers.get(ref.layer()).model().isPresent();
    int call = model ? used.get(ref.layer()).headSet(ref.call()).size() : ref.call();
    return new Ref(ref.layer(), call, ref.tensor());
  }

  private static Map<String, Integer> least(List<Ref> refs) {
    Map<String, Integer> least = new HashMap<>();
    refs.forEach(r -> least.merge(r.layer(), r.call(), Math::min));
    return least;
  }

  private void requireLayer(Ref ref) {
    if (!layers.containsKey(ref.layer())) {
      throw Refusal.config(path, "a call refers to the layer " + ref.layer() + ", which is none");
    }
  }

  private boolean isSequential(Ref ref) {
    return layers.get(ref.layer()).model().filter(ModelSpec::sequential).isPresent();
  }

  /**
   * @param one whether it counts from one, if the layer is a model
   */
  private Ref fromZero(Ref ref, boolean one) {
    LayerSpec layer = layers.get(ref.layer());
    int calls = Math.max(1, layer.calls().size());
    int call = one && layer.model().isPresent() ? ref.call() - 1 : ref.call();
    if (calls == 1) {
      call = 0; // numbers count calls outside this model too; there is only one to mean
    }
    if (call >= calls) {
      String place = LayerSpec.place(path, ref.layer());
      throw Refusal.config(place, "call " + ref.call() + " of " + calls);
    }
    return new Ref(ref.layer(), call, ref.tensor());
  }
}
