package dev.secateur.keras.weights;

import dev.secateur.graph.Shape;
import dev.secateur.keras.refusal.Kind;
import dev.secateur.keras.refusal.Refusal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** All weights that the architecture asks for, by layer path, each layer's in Keras' order. */
public final class WeightSlots {
  /** Elements that a layer within another may have beside those in the file. */
  private static final long SMALL = 1 << 20;

  private final Map<String, List<WeightSlot>> byLayer = new LinkedHashMap<>();
  private final List<Runnable> afterLoading = new ArrayList<>();
  private long budget;
  private long optional;

  /**
   * @param budget elements that the file can hold; an architecture that asks for more is refused
   *     before memory is taken
   */
  public WeightSlots(long budget) {
    this.budget = budget;
    this.optional = budget + SMALL;
  }

  public float[] allocate(String place, Shape shape) {
    int size = bounded(place, shape, budget);
    budget -= size;
    return new float[size];
  }

  /** For a weight that the file may lack. */
  public float[] allocateOptional(String place, Shape shape) {
    int size = bounded(place, shape, optional);
    optional -= size;
    return new float[size];
  }

  private static int bounded(String place, Shape shape, long most) {
    long size;
    try {
      size = shape.size();
    } catch (ArithmeticException e) {
      size = Long.MAX_VALUE;
    }
    if (size > most) {
      throw new Refusal(
          Kind.WEIGHTS_MISMATCH,
          place,
          "the architecture asks for " + shape + ", more than the file's weights hold",
          "save architecture and weights together, with model.save");
    }
    return (int) size;
  }

  public void add(WeightSlot slot) {
    byLayer.computeIfAbsent(slot.layer(), k -> new ArrayList<>()).add(slot);
  }

  public Optional<WeightSlot> find(String layer, String name) {
    return of(layer).stream().filter(s -> s.name().equals(name)).findFirst();
  }

  public List<WeightSlot> of(String layer) {
    return byLayer.getOrDefault(layer, List.of());
  }

  /** Says of some of a layer's weights that their axes stand in another order in the file. */
  public void stored(String layer, Function<WeightSlot, Optional<StoredOrder>> order) {
    byLayer.computeIfPresent(
        layer,
        (place, slots) ->
            new ArrayList<>(
                slots.stream().map(s -> order.apply(s).map(s::stored).orElse(s)).toList()));
  }

  List<WeightSlot> all() {
    return byLayer.values().stream().flatMap(List::stream).toList();
  }

  /** Runs when the values are there: constants that are computed from weights. */
  public void afterLoading(Runnable computation) {
    afterLoading.add(computation);
  }

  public void loaded() {
    afterLoading.forEach(Runnable::run);
  }
}
