package dev.secateur.keras.write;

import dev.secateur.keras.spec.LayerSpec.Ref;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The order in which Keras itself lists a Functional's layers when it has built it from a file, and
 * so the one in which it hands out an HDF5 file's weights: by falling depth, counted in calls from
 * the outputs; of equal depth, as they are met from the outputs ({@code map_graph} in Keras 3,
 * {@code _map_graph_network} in Keras 2). A layer that is written as two moves those behind it.
 */
final class KerasOrder {
  /** One call of a layer. */
  private record Call(String layer, int index) {}

  private final Map<String, WrittenLayer> layers = new HashMap<>();
  private final Map<String, Integer> met = new HashMap<>();
  private final Set<Call> seen = new HashSet<>();

  /** Each call after all that it reads. */
  private final List<Call> calls = new ArrayList<>();

  private KerasOrder(List<WrittenLayer> layers) {
    layers.forEach(layer -> this.layers.put(layer.name(), layer));
  }

  /**
   * @param outputs in the order in which Keras flattens them: a dict's by its keys
   */
  static List<WrittenLayer> of(List<WrittenLayer> layers, List<Ref> outputs) {
    KerasOrder order = new KerasOrder(layers);
    outputs.forEach(order::visit);
    Map<String, Integer> depths = order.depths();
    List<WrittenLayer> sorted = new ArrayList<>(layers);
    sorted.sort(
        Comparator.comparingInt((WrittenLayer l) -> -depths.getOrDefault(l.name(), 0))
            .thenComparingInt(l -> order.met.getOrDefault(l.name(), Integer.MAX_VALUE)));
    return sorted;
  }

  private void visit(Ref ref) {
    Call call = new Call(ref.layer(), ref.call());
    if (!layers.containsKey(ref.layer()) || !seen.add(call)) {
      return;
    }
    met.putIfAbsent(ref.layer(), met.size());
    operands(call).forEach(this::visit);
    calls.add(call);
  }

  private List<Ref> operands(Call call) {
    List<List<Ref>> all = layers.get(call.layer()).calls();
    return all.isEmpty() ? List.of() : all.get(Math.min(call.index(), all.size() - 1));
  }

  private Map<String, Integer> depths() {
    Map<String, Integer> ofLayers = new HashMap<>();
    Map<Call, Integer> ofCalls = new HashMap<>();
    for (int i = calls.size() - 1; i >= 0; i--) {
      Call call = calls.get(i);
      int depth = Math.max(ofCalls.getOrDefault(call, 0), ofLayers.getOrDefault(call.layer(), 0));
      ofLayers.put(call.layer(), depth);
      for (Ref operand : operands(call)) {
        ofCalls.merge(new Call(operand.layer(), operand.call()), depth + 1, Math::max);
      }
    }
    return ofLayers;
  }
}
