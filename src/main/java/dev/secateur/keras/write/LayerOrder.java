package dev.secateur.keras.write;

import dev.secateur.keras.spec.LayerSpec.Ref;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The order in which both versions of Keras list a Functional's layers when they load it, by which
 * they find weights: the farthest from the outputs first, and of equal distance the one first that
 * is met first on the way back from the outputs ({@code map_graph_network} of Keras 2, {@code
 * map_graph} of Keras 3). It is not the file's where a layer is written as several.
 */
final class LayerOrder {
  /** One call of a layer. */
  private record Call(String layer, int index) {}

  private final Map<String, WrittenLayer> layers = new LinkedHashMap<>();

  /** Layers in the order in which they are met. */
  private final Map<String, Integer> met = new HashMap<>();

  /** Calls, each after those whose outputs it takes. */
  private final List<Call> calls = new ArrayList<>();

  private LayerOrder(List<WrittenLayer> layers) {
    layers.forEach(l -> this.layers.put(l.name(), l));
  }

  /**
   * @param outputs in the order in which Keras flattens them
   */
  static List<WrittenLayer> of(List<WrittenLayer> layers, List<Ref> outputs) {
    LayerOrder order = new LayerOrder(layers);
    order.walk(outputs);
    Map<String, Integer> distances = order.distances();
    List<WrittenLayer> sorted = new ArrayList<>(layers);
    sorted.sort(
        Comparator.comparing((WrittenLayer l) -> -distances.getOrDefault(l.name(), 0))
            .thenComparing(l -> order.met.getOrDefault(l.name(), -1)));
    return sorted;
  }

  /** Depth first; without recursion, since networks are deep. */
  private void walk(List<Ref> outputs) {
    Set<Call> finished = new HashSet<>();
    Deque<Call> open = new ArrayDeque<>();
    Deque<Deque<Ref>> left = new ArrayDeque<>();
    for (Ref output : outputs) {
      enter(output, finished, open, left);
      while (!open.isEmpty()) {
        Ref next = left.peek().poll();
        if (next != null) {
          enter(next, finished, open, left);
        } else {
          left.pop();
          calls.add(open.peek());
          finished.add(open.pop());
        }
      }
    }
  }

  private void enter(Ref ref, Set<Call> finished, Deque<Call> open, Deque<Deque<Ref>> left) {
    Call call = new Call(ref.layer(), ref.call());
    if (!finished.contains(call)) {
      met.putIfAbsent(call.layer(), met.size());
      open.push(call);
      left.push(new ArrayDeque<>(operands(call)));
    }
  }

  private List<Ref> operands(Call call) {
    List<List<Ref>> own = layers.get(call.layer()).calls();
    return own.isEmpty() ? List.of() : own.get(call.index());
  }

  private Map<String, Integer> distances() {
    Map<String, Integer> ofLayers = new HashMap<>();
    Map<Call, Integer> ofCalls = new HashMap<>();
    for (int i = calls.size() - 1; i >= 0; i--) {
      Call call = calls.get(i);
      int distance =
          Math.max(ofCalls.getOrDefault(call, 0), ofLayers.getOrDefault(call.layer(), 0));
      ofLayers.put(call.layer(), distance);
      ofCalls.put(call, distance);
      for (Ref ref : operands(call)) {
        ofCalls.merge(new Call(ref.layer(), ref.call()), distance + 1, Math::max);
      }
    }
    return ofLayers;
  }
}
