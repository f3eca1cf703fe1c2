package dev.secateur.keras.architecture;

import dev.secateur.keras.refusal.Refusal;
import dev.secateur.keras.spec.LayerSpec;
import dev.secateur.keras.spec.LayerSpec.Argument;
import dev.secateur.keras.spec.LayerSpec.Call;
import dev.secateur.keras.spec.LayerSpec.Constant;
import dev.secateur.keras.spec.LayerSpec.Items;
import dev.secateur.keras.spec.LayerSpec.Ref;
import dev.secateur.keras.spec.ModelSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * References name a layer's call by its index. For a model used as a layer some versions count from
 * one, because its own construction was call zero; others count from zero, or do one in arguments
 * and the other in the list of outputs (Keras 3). After this, all count from zero.
 */
final class CallIndices {
  private final Map<String, LayerSpec> layers = new HashMap<>();
  private final String path;

  private CallIndices(ModelSpec model, String path) {
    model.layers().forEach(l -> layers.put(l.name(), l));
    this.path = path;
  }

  static ModelSpec normalized(ModelSpec model, String path) {
    CallIndices indices = new CallIndices(model, path);
    UnaryOperator<Ref> argument =
        indices.shift(
            model.layers().stream()
                .flatMap(l -> l.calls().stream())
                .flatMap(c -> c.refs().stream()));
    UnaryOperator<Ref> output = indices.shift(model.outputs().stream());
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
              calls.stream().map(c -> rewrite(c, r -> number.apply(argument.apply(r)))).toList()));
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

  /** What to do to each reference of one group that a version numbers alike. */
  private UnaryOperator<Ref> shift(Stream<Ref> group) {
    Map<String, Integer> least = new HashMap<>();
    Map<String, Integer> most = new HashMap<>();
    group.forEach(
        r -> {
          least.merge(r.layer(), r.call(), Math::min);
          most.merge(r.layer(), r.call(), Math::max);
        });
    return ref -> {
      LayerSpec layer = layers.get(ref.layer());
      if (layer == null) {
        throw Refusal.config(path, "a call refers to the layer " + ref.layer() + ", which is none");
      }
      int calls = Math.max(1, layer.calls().size());
      boolean fromOne = layer.model().isPresent() && least.get(ref.layer()) > 0;
      int call = fromOne ? ref.call() - 1 : ref.call();
      if (calls == 1) {
        call = 0; // numbers count calls outside this model too; there is only one to mean
      }
      if (call >= calls) {
        String place = LayerSpec.place(path, ref.layer());
        throw Refusal.config(place, "call " + most.get(ref.layer()) + " of " + calls);
      }
      return new Ref(ref.layer(), call, ref.tensor());
    };
  }

  private static Call rewrite(Call call, UnaryOperator<Ref> change) {
    Map<String, Argument> named = new LinkedHashMap<>();
    call.named().forEach((k, v) -> named.put(k, rewrite(v, change)));
    return new Call(call.arguments().stream().map(a -> rewrite(a, change)).toList(), named);
  }

  private static Argument rewrite(Argument argument, UnaryOperator<Ref> change) {
    if (argument instanceof Ref ref) {
      return change.apply(ref);
    }
    if (argument instanceof Items items) {
      return new Items(items.items().stream().map(a -> rewrite(a, change)).toList());
    }
    return (Constant) argument;
  }
}
