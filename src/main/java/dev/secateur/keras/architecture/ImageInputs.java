package dev.secateur.keras.architecture;

import dev.secateur.keras.layer.Axes;
import dev.secateur.keras.spec.LayerSpec;
import dev.secateur.keras.spec.LayerSpec.Ref;
import dev.secateur.keras.spec.ModelSpec;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which inputs of a model are images with their channels first: those that reach a layer which says
 * so, through layers alone that do not mind, or are told, where the axes are.
 */
final class ImageInputs {
  private final Map<Ref, List<CallOrder.Use>> readers = new HashMap<>();
  private final Map<Ref, Optional<Integer>> ranks = new HashMap<>();
  private final Map<String, ImageInputs> within = new HashMap<>();

  ImageInputs(ModelSpec model) {
    for (LayerSpec layer : model.layers()) {
      for (int i = 0; i < layer.calls().size(); i++) {
        CallOrder.Use use = new CallOrder.Use(layer, i);
        use.call().refs().forEach(r -> readers.computeIfAbsent(r, k -> new ArrayList<>()).add(use));
      }
    }
  }

  /** Who reads a value, in the file's order. */
  List<CallOrder.Use> readers(Ref value) {
    return readers.getOrDefault(value, List.of());
  }

  /** Those of a model that is one of the layers. */
  ImageInputs within(LayerSpec layer) {
    return within.computeIfAbsent(
        layer.name(), name -> new ImageInputs(layer.model().orElseThrow()));
  }

  /** The number of dimensions, with the batch, of an input that is such an image. */
  Optional<Integer> rank(Ref input) {
    Optional<Integer> known = ranks.get(input);
    if (known == null) {
      known = found(input);
      ranks.put(input, known);
    }
    return known;
  }

  private Optional<Integer> found(Ref input) {
    Deque<Ref> reached = new ArrayDeque<>(List.of(input));
    Set<Ref> seen = new HashSet<>(reached);
    while (!reached.isEmpty()) {
      Ref value = reached.poll();
      for (CallOrder.Use use : readers(value)) {
        Optional<Integer> rank = rank(use, value);
        if (rank.isPresent()) {
          return rank;
        }
        if (passes(use.layer()) && seen.add(use.output())) {
          reached.add(use.output());
        }
      }
    }
    return Optional.empty();
  }

  private Optional<Integer> rank(CallOrder.Use use, Ref value) {
    LayerSpec layer = use.layer();
    if (layer.model().isPresent()) {
      List<Ref> inputs = layer.model().get().inputs();
      int index = use.call().refs().indexOf(value);
      return index < inputs.size() ? within(layer).rank(inputs.get(index)) : Optional.empty();
    }
    boolean first =
        !layer.isOperation()
            && MovedLayer.axes(layer) == Axes.BY_FORMAT
            && ChannelsLast.isFirst(layer.config());
    return first ? Optional.of(MovedLayer.rank(layer)) : Optional.empty();
  }

  private static boolean passes(LayerSpec layer) {
    return layer.model().isEmpty()
        && (layer.isOperation()
            ? MovedLayer.isElementwiseOperation(layer)
            : List.of(Axes.ALIKE, Axes.NUMBERED).contains(MovedLayer.axes(layer)));
  }
}
