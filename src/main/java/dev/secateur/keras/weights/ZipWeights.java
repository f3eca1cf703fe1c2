package dev.secateur.keras.weights;

import dev.secateur.keras.file.Hdf5.DatasetAt;
import dev.secateur.keras.file.Hdf5.GroupAt;
import dev.secateur.keras.spec.LayerSpec;
import dev.secateur.keras.spec.ModelSpec;
import dev.secateur.keras.spec.SnakeCase;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

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
      if (layer.model().isEmpty() && !Found.in(group.get(), slots.of(place)).fits()) {
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

  /** What a layer's group has for the weights that the layer asks for. */
  private record Found(List<WeightSlot> wanted, List<DatasetAt> datasets) {

    /**
     * The layer's own datasets in their order, and those of a layer within it, such as its
     * activation, below; a wrapper's are those of the layer that it wraps.
     */
    static Found in(GroupAt group, List<WeightSlot> all) {
      GroupAt own = group.group("layer").orElse(group);
      List<WeightSlot> wanted = new ArrayList<>();
      List<DatasetAt> datasets = new ArrayList<>();
      Set<String> places = new LinkedHashSet<>();
      all.forEach(w -> places.add(w.within()));
      for (String place : places) {
        List<WeightSlot> here = all.stream().filter(w -> w.within().equals(place)).toList();
        List<DatasetAt> stored = vars(own, place, here.size());
        boolean fewer = stored.size() < here.size();
        wanted.addAll(fewer ? here.stream().filter(w -> !w.isOptional()).toList() : here);
        datasets.addAll(stored);
      }
      if (datasets.isEmpty() && !wanted.isEmpty()) { // wrapped under another name
        group.datasets().stream()
            .filter(d -> isWeight(d.path().substring(group.path().length() + 1)))
            .sorted(Comparator.comparingInt(d -> index(d.path())))
            .forEach(datasets::add);
      }
      return new Found(wanted, datasets);
    }

    private static List<DatasetAt> vars(GroupAt group, String within, int most) {
      List<DatasetAt> vars = new ArrayList<>();
      for (int i = 0; i <= most; i++) {
        group.dataset(within + "vars/" + i).ifPresent(vars::add);
      }
      return vars;
    }

    boolean fits() {
      return WeightLayout.fit(wanted, datasets);
    }
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
      Found found = Found.in(group, slots.of(place));
      layout.pair(found.wanted(), found.datasets());
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
          Found found = Found.in(group.get(), slots.of(place));
          if (layer.model().isPresent() || found.fits()) {
            return;
          }
          layout.mismatch(
              place,
              "the layer needs "
                  + found.wanted().stream().map(w -> w.storedShape().toString()).toList()
                  + ", the file has "
                  + found.datasets().stream().map(d -> d.shape().toString()).toList());
        });
  }
}
