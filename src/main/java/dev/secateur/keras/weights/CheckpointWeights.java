package dev.secateur.keras.weights;

import dev.secateur.keras.checkpoint.TrackedObject;
import dev.secateur.keras.file.StoredTensor;
import dev.secateur.keras.spec.LayerSpec;
import dev.secateur.keras.spec.ModelSpec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Weights as TensorFlow saves objects of Keras 2: the model's attribute {@code layer-i} is the i-th
 * layer of its configuration (a Sequential leaves its input out), and a layer's weights are its
 * attributes {@code kernel}, {@code bias}, …. A layer that stands in two models is one object.
 */
public final class CheckpointWeights {
  private static final String LAYER = "layer-";

  /** Attributes of some layers that hold what Keras calls otherwise. */
  private static final Map<String, String> OTHERWISE =
      Map.of("mean", "adapt_mean", "variance", "adapt_variance");

  private final WeightSlots slots;
  private final WeightLayout layout;
  private final boolean named;

  /**
   * @param named whether the variables must be named after their layers: what ties an architecture
   *     to weights that were not saved with it
   */
  public CheckpointWeights(WeightSlots slots, WeightLayout layout, boolean named) {
    this.slots = slots;
    this.layout = layout;
    this.named = named;
  }

  public void match(ModelSpec model, TrackedObject root) {
    match(model, "", root);
  }

  private void match(ModelSpec model, String path, TrackedObject object) {
    List<LayerSpec> layers = new ArrayList<>(model.layers());
    if (model.sequential()) {
      layers.removeIf(LayerSpec::isInput);
    }
    Map<String, TrackedObject> children = object.children();
    long saved = children.keySet().stream().filter(n -> n.matches(LAYER + "\\d+")).count();
    if (saved != layers.size()) {
      layout.mismatch(path, "the model has " + layers.size() + " layers, the checkpoint " + saved);
      return;
    }
    for (int i = 0; i < layers.size(); i++) {
      LayerSpec layer = layers.get(i);
      String place = LayerSpec.place(path, layer.name());
      TrackedObject own = children.get(LAYER + i);
      if (own == null) {
        layout.mismatch(place, "the checkpoint has no " + LAYER + i);
      } else if (layer.model().isPresent()) {
        match(layer.model().get(), place, own);
      } else {
        match(layer, place, own);
      }
    }
  }

  private void match(LayerSpec layer, String place, TrackedObject saved) {
    // A wrapper has none of its own.
    TrackedObject object =
        layer.type().equals("TimeDistributed") ? saved.child("layer").orElse(saved) : saved;
    Set<String> used = new HashSet<>();
    for (WeightSlot slot : slots.of(place)) {
      Optional<TrackedObject> variable = find(object, slot.name());
      Optional<StoredTensor> tensor = variable.flatMap(TrackedObject::variable);
      if (tensor.isEmpty()) {
        if (!slot.isOptional()) {
          layout.mismatch(slot.place(), "the checkpoint has no such weight of the layer");
        }
      } else if (named && !isNamed(variable.get(), layer)) {
        used.add(tensor.get().path());
        layout.mismatch(
            slot.place(),
            "the checkpoint has "
                + variable.get().fullName()
                + " where this layer's weight would be");
      } else {
        used.add(tensor.get().path());
        layout.share(slot, tensor.get());
      }
    }
    object
        .children()
        .forEach(
            (name, child) ->
                child
                    .variable()
                    .filter(v -> isWeight(name) && !used.contains(v.path()))
                    .ifPresent(
                        v ->
                            layout.mismatch(
                                LayerSpec.place(place, name),
                                "the checkpoint has a weight that the layer does not ask for")));
  }

  private static Optional<TrackedObject> find(TrackedObject layer, String name) {
    Optional<TrackedObject> at = Optional.of(layer);
    for (String part : name.split("/")) {
      at =
          at.flatMap(
              o ->
                  o.child(part)
                      .or(() -> Optional.ofNullable(OTHERWISE.get(part)).flatMap(o::child)));
    }
    return at;
  }

  private static boolean isNamed(TrackedObject variable, LayerSpec layer) {
    return List.of(variable.fullName().split("/")).contains(layer.name());
  }

  /** Counters and random generators are none. */
  private static boolean isWeight(String name) {
    return !name.startsWith("_") && !name.equals("count");
  }
}
