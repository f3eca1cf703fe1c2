package dev.secateur.keras.weights;

import dev.secateur.keras.file.Hdf5.DatasetAt;
import dev.secateur.keras.file.Hdf5.GroupAt;
import dev.secateur.keras.spec.LayerSpec;
import dev.secateur.keras.spec.ModelSpec;
import dev.secateur.keras.spec.SnakeCase;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Weights in the layout of {@code .keras}: a group for each layer, named after its class and
 * counted, with datasets {@code vars/0}, {@code vars/1}, …. The counting differs:
 *
 * <ul>
 *   <li>Keras 3 and tf_keras 2.15 on: under {@code layers/}, each layer one further.
 *   <li>Keras 2.14: under {@code _layer_checkpoint_dependencies/}, each layer one further.
 *   <li>Keras 2.12 and 2.13: there too, but a layer with weights counts twice.
 * </ul>
 *
 * <p>The counting is the one under which everything fits; where the groups carry the layers' names
 * (Keras 3.4 on), these must agree.
 */
public final class ZipWeights {
  private static final List<String> CONTAINERS =
      List.of("layers", "_layer_checkpoint_dependencies", "_self_tracked_trackables");

  private final WeightSlots slots;
  private final WeightLayout layout;

  public ZipWeights(WeightSlots slots, WeightLayout layout) {
    this.slots = slots;
    this.layout = layout;
  }

  public void match(ModelSpec model, GroupAt root) {
    match(model, "", root);
    for (DatasetAt dataset : root.datasets()) {
      if (!layout.isUsed(dataset) && isWeight(dataset.path())) {
        layout.mismatch(dataset.path(), "the file has a weight that no layer asks for");
      }
    }
  }

  /** The optimizer's and the metrics' state, and random generators, are none. */
  private static boolean isWeight(String path) {
    return !path.startsWith("optimizer/")
            && !path.startsWith("metrics/")
            && !path.startsWith("_")
            && !path.contains("seed_generator")
            && !path.contains("_random_generator")
        || path.startsWith("_layer_checkpoint_dependencies/");
  }

  private void match(ModelSpec model, String path, GroupAt group) {
    Optional<GroupAt> container =
        CONTAINERS.stream().flatMap(c -> group.group(c).stream()).findFirst();
    if (container.isEmpty()) {
      if (weights(model, path) > 0) {
        layout.mismatch(path, "the file has no group of layers at " + group.path());
      }
      return;
    }
    List<Map<LayerSpec, String>> countings = new ArrayList<>();
    for (int step : new int[] {1, 2}) {
      Map<LayerSpec, String> names = names(model, path, step);
      if (!countings.contains(names) && fits(names, path, container.get())) {
        countings.add(names);
      }
    }
    if (countings.isEmpty()) {
      explain(names(model, path, 1), path, container.get());
      return;
    }
    // More than one fits only where they name the same groups for all layers with weights.
    countings.get(0).forEach((l, name) -> pair(l, path, name, container.get()));
  }

  private int weights(ModelSpec model, String path) {
    return model.layers().stream().mapToInt(l -> weights(l, path)).sum();
  }

  private int weights(LayerSpec layer, String path) {
    String place = LayerSpec.place(path, layer.name());
    return layer.model().isPresent() ? weights(layer.model().get(), place) : slots.of(place).size();
  }

  /** Group names of the layers with weights. */
  private Map<LayerSpec, String> names(ModelSpec model, String path, int step) {
    Map<String, Integer> counts = new HashMap<>();
    Map<LayerSpec, String> names = new LinkedHashMap<>();
    for (LayerSpec layer : model.layers()) {
      if (layer.isOperation() || (model.sequential() && layer.isInput())) {
        continue;
      }
      boolean weighted = weights(layer, path) > 0;
      String base = SnakeCase.of(layer.type());
      int count = counts.getOrDefault(base, 0);
      counts.put(base, count + (weighted ? step : 1));
      if (weighted) {
        names.put(layer, count == 0 ? base : base + "_" + count);
      }
    }
    return names;
  }

  private boolean fits(Map<LayerSpec, String> names, String path, GroupAt container) {
    for (Map.Entry<LayerSpec, String> entry : names.entrySet()) {
      LayerSpec layer = entry.getKey();
      Optional<GroupAt> group = container.group(entry.getValue());
      if (group.isEmpty() || !nameAgrees(layer, group.get())) {
        return false;
      }
      String place = LayerSpec.place(path, layer.name());
      if (layer.model().isEmpty()
          && !WeightLayout.fit(slots.of(place), datasets(group.get(), slots.of(place).size()))) {
        return false;
      }
    }
    return true;
  }

  private static boolean nameAgrees(LayerSpec layer, GroupAt group) {
    return group
        .group("vars")
        .flatMap(v -> v.text("name"))
        .map(n -> n.equals(layer.name()))
        .orElse(true);
  }

  /** The layer's own datasets in their order; a wrapper's are those of the layer within. */
  private static List<DatasetAt> datasets(GroupAt group, int wanted) {
    List<DatasetAt> own = new ArrayList<>();
    for (int i = 0; i <= wanted; i++) {
      group.dataset("vars/" + i).ifPresent(own::add);
    }
    if (!own.isEmpty()) {
      return own;
    }
    List<DatasetAt> below =
        group.datasets().stream()
            .filter(d -> isWeight(d.path().substring(group.path().length() + 1)))
            .toList();
    return below.stream().sorted(java.util.Comparator.comparingInt(d -> index(d.path()))).toList();
  }

  private static int index(String path) {
    String last = path.substring(path.lastIndexOf('/') + 1);
    return last.matches("\\d{1,6}") ? Integer.parseInt(last) : Integer.MAX_VALUE;
  }

  private void pair(LayerSpec layer, String path, String name, GroupAt container) {
    GroupAt group = container.group(name).orElseThrow();
    String place = LayerSpec.place(path, layer.name());
    if (layer.model().isPresent()) {
      match(layer.model().get(), place, group);
    } else {
      List<WeightSlot> wanted = slots.of(place);
      layout.pair(wanted, datasets(group, wanted.size()));
    }
  }

  /** Says what does not fit, under the usual counting. */
  private void explain(Map<LayerSpec, String> names, String path, GroupAt container) {
    names.forEach(
        (layer, name) -> {
          String place = LayerSpec.place(path, layer.name());
          Optional<GroupAt> group = container.group(name);
          if (group.isEmpty()) {
            layout.mismatch(place, "the file has no group " + container.path() + "/" + name);
            return;
          }
          if (!nameAgrees(layer, group.get())) {
            layout.mismatch(place, "the group " + group.get().path() + " is another layer's");
            return;
          }
          List<WeightSlot> wanted = slots.of(place);
          List<DatasetAt> found = datasets(group.get(), wanted.size());
          if (layer.model().isPresent() || WeightLayout.fit(wanted, found)) {
            return;
          }
          layout.mismatch(
              place,
              "the layer needs "
                  + wanted.stream().map(w -> w.shape().toString()).toList()
                  + ", the file has "
                  + found.stream().map(d -> d.shape().toString()).toList());
        });
  }
}
