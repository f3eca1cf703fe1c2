package dev.secateur.keras.architecture;

import dev.secateur.keras.refusal.Refusal;
import dev.secateur.keras.spec.LayerSpec;
import dev.secateur.keras.spec.LayerSpec.Call;
import dev.secateur.keras.spec.LayerSpec.Ref;
import dev.secateur.keras.spec.ModelSpec;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A model's calls, each after those whose outputs it takes, otherwise in the file's order. */
final class CallOrder {
  /** One call of one layer. */
  record Use(LayerSpec layer, int index) {
    Call call() {
      return layer.calls().get(index);
    }

    /** What it gives, of several the first. */
    Ref output() {
      return new Ref(layer.name(), index, 0);
    }
  }

  private final Map<String, Set<Integer>> done = new HashMap<>();
  private final Map<String, List<Use>> waiting = new HashMap<>();
  private final Deque<Use> ready = new ArrayDeque<>();
  private final List<Use> order = new ArrayList<>();

  private CallOrder() {}

  /**
   * @throws Refusal if a call takes what no layer gives, or its own output
   */
  static List<Use> of(ModelSpec model, String path) {
    CallOrder calls = new CallOrder();
    model.inputs().forEach(calls::done);
    int all = 0;
    for (LayerSpec layer : model.layers()) {
      for (int i = 0; i < layer.calls().size(); i++) {
        all++;
        calls.place(new Use(layer, i));
        calls.drain();
      }
    }
    if (calls.order.size() < all) {
      List<String> stuck = new ArrayList<>(new LinkedHashSet<>(calls.waiting.keySet()));
      throw Refusal.config(
          path,
          "a cycle, or a call on what no layer makes: "
              + stuck.subList(0, Math.min(5, stuck.size())));
    }
    return calls.order;
  }

  private void done(Ref ref) {
    done.computeIfAbsent(ref.layer(), k -> new HashSet<>()).add(ref.call());
  }

  private void place(Use use) {
    for (Ref ref : use.call().refs()) {
      if (!done.getOrDefault(ref.layer(), Set.of()).contains(ref.call())) {
        waiting.computeIfAbsent(key(ref), k -> new ArrayList<>()).add(use);
        return;
      }
    }
    ready.add(use);
  }

  private static String key(Ref ref) {
    return ref.layer() + ":" + ref.call();
  }

  private void drain() {
    while (!ready.isEmpty()) {
      Use use = ready.poll();
      order.add(use);
      done(use.output());
      List<Use> freed = waiting.remove(key(use.output()));
      if (freed != null) {
        freed.forEach(this::place);
      }
    }
  }
}
