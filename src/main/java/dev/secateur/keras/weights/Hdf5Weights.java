package dev.secateur.keras.weights;

import dev.secateur.graph.Shape;
import dev.secateur.keras.file.Hdf5.DatasetAt;
import dev.secateur.keras.file.Hdf5.GroupAt;
import dev.secateur.keras.refusal.Refusal;
import dev.secateur.keras.spec.LayerSpec;
import dev.secateur.keras.spec.ModelSpec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Weights in Keras' HDF5 layout: attribute {@code layer_names} lists the layers, each a group whose
 * attribute {@code weight_names} lists its datasets. Order counts, not names: that is how Keras
 * loads. A model inside the model is one layer, with its trainable weights before the others.
 */
public final class Hdf5Weights {
  private final WeightSlots slots;
  private final WeightLayout layout;
  private final boolean keras1;
  private final boolean theano;

  /**
   * @param keras1 whether Keras 1 wrote the file
   * @param theano whether Keras ran on Theano, whose convolutions turn the kernel around: Keras 2
   *     turned it back when it loaded such a file on another backend
   */
  public Hdf5Weights(WeightSlots slots, WeightLayout layout, boolean keras1, boolean theano) {
    this.slots = slots;
    this.layout = layout;
    this.keras1 = keras1;
    this.theano = theano;
  }

  /** One layer of the file. */
  private record Stored(String name, List<String> weightNames, List<DatasetAt> datasets) {}

  /** One layer of the model, with its weights in the orders that versions store them in. */
  private record Wanted(String name, List<WeightSlot> trainableFirst, List<WeightSlot> inOrder) {}

  public void match(ModelSpec model, GroupAt group) {
    List<Stored> stored = stored(group);
    List<Wanted> wanted = new ArrayList<>();
    model.layers().forEach(l -> want(l, "", wanted));
    List<Wanted> chosen = wanted;
    if (!sameNames(wanted, stored)) {
      List<Wanted> flat = new ArrayList<>();
      flatten(model, "", flat);
      if (sameNames(flat, stored)) {
        chosen = flat; // Keras 1 lists the layers of models inside models one by one
      }
    }
    boolean byName = sameNames(chosen, stored);
    if (!byName && chosen.size() != stored.size()) {
      countMismatch(chosen, stored);
      return;
    }
    for (int i = 0; i < chosen.size(); i++) {
      Wanted layer = chosen.get(i);
      Stored in =
          byName
              ? stored.stream().filter(s -> s.name().equals(layer.name())).findFirst().orElseThrow()
              : stored.get(i);
      match(layer, in);
    }
  }

  private void countMismatch(List<Wanted> wanted, List<Stored> stored) {
    Set<String> have = new HashSet<>();
    stored.forEach(s -> have.add(s.name()));
    Set<String> need = new HashSet<>();
    wanted.forEach(w -> need.add(w.name()));
    wanted.stream()
        .filter(w -> !have.contains(w.name()))
        .forEach(w -> layout.mismatch(w.name(), "the layer's weights are not in the file"));
    stored.stream()
        .filter(s -> !need.contains(s.name()))
        .forEach(s -> layout.mismatch(s.name(), "the file has weights for a layer that is none"));
  }

  private static boolean sameNames(List<Wanted> wanted, List<Stored> stored) {
    Set<String> names = new HashSet<>();
    stored.forEach(s -> names.add(s.name()));
    return wanted.size() == stored.size()
        && names.size() == stored.size()
        && wanted.stream().allMatch(w -> names.contains(w.name()));
  }

  private List<Stored> stored(GroupAt group) {
    List<String> names =
        group
            .texts("layer_names")
            .orElseThrow(() -> Refusal.corrupt(group.path(), "the list of layer names is absent"));
    List<Stored> all = new ArrayList<>();
    for (String name : names) {
      GroupAt layer =
          group.group(name).orElseThrow(() -> Refusal.corrupt(name, "the layer's group is absent"));
      List<String> weights = layer.texts("weight_names").orElse(List.of());
      List<String> kept = new ArrayList<>();
      List<DatasetAt> datasets = new ArrayList<>();
      for (String weight : weights) {
        DatasetAt dataset =
            layer
                .dataset(weight)
                .orElseThrow(() -> Refusal.corrupt(name, "the weight " + weight + " is absent"));
        if (!isRandomState(weight)) {
          kept.add(weight);
          datasets.add(dataset);
        }
      }
      if (!datasets.isEmpty()) {
        all.add(new Stored(name, kept, datasets));
      }
    }
    return all;
  }

  /** Augmentation and dropout layers of some versions save their generator. */
  private static boolean isRandomState(String weight) {
    return weight.contains("StateVar") || weight.contains("seed_generator");
  }

  private void want(LayerSpec layer, String path, List<Wanted> into) {
    List<WeightSlot> trainable = new ArrayList<>();
    List<WeightSlot> other = new ArrayList<>();
    List<WeightSlot> inOrder = new ArrayList<>();
    collect(layer, path, true, trainable, other, inOrder);
    if (!inOrder.isEmpty()) {
      trainable.addAll(other);
      into.add(new Wanted(layer.name(), trainable, inOrder));
    }
  }

  private void collect(
      LayerSpec layer,
      String path,
      boolean around,
      List<WeightSlot> trainable,
      List<WeightSlot> other,
      List<WeightSlot> inOrder) {
    String place = LayerSpec.place(path, layer.name());
    if (layer.model().isPresent()) {
      for (LayerSpec inner : layer.model().get().layers()) {
        collect(inner, place, around && layer.trainable(), trainable, other, inOrder);
      }
      return;
    }
    for (WeightSlot slot : slots.of(place)) {
      if (theano && CONVOLUTIONS.contains(layer.type()) && slot.name().equals("kernel")) {
        layout.turn(slot);
      }
      if (keras1 && layer.type().equals("Conv2DTranspose") && isSquare(slot.shape())) {
        // Keras 1 had (input, output) where Keras 2 has (output, input): only sizes tell them
        // apart.
        layout.mismatch(slot.place(), "the order of this transposed kernel cannot be told");
      }
      boolean trains = slot.trainable() && layer.trainable() && around;
      (trains ? trainable : other).add(slot);
      inOrder.add(slot);
    }
  }

  private static boolean isSquare(Shape kernel) {
    return kernel.rank() == 4 && kernel.dim(2) == kernel.dim(3);
  }

  private void flatten(ModelSpec model, String path, List<Wanted> into) {
    for (LayerSpec layer : model.layers()) {
      if (layer.model().isPresent()) {
        flatten(layer.model().get(), LayerSpec.place(path, layer.name()), into);
      } else {
        want(layer, path, into);
      }
    }
  }

  private void match(Wanted layer, Stored in) {
    List<DatasetAt> datasets = in.datasets();
    if (datasets.size() != layer.inOrder().size()) {
      layout.mismatch(
          layer.name(),
          "the layer has " + layer.inOrder().size() + " weights, the file " + datasets.size());
      return;
    }
    for (List<WeightSlot> order : List.of(layer.trainableFirst(), layer.inOrder())) {
      if (WeightLayout.fit(order, datasets) && namesAgree(order, in.weightNames())) {
        layout.pair(order, datasets);
        return;
      }
    }
    layout.pair(layer.trainableFirst(), datasets);
  }

  /**
   * Whether the last parts of the names say the same kind of weight. Weights of equal shape, such
   * as gamma and beta, cannot be told apart otherwise.
   */
  private boolean namesAgree(List<WeightSlot> order, List<String> names) {
    for (int i = 0; i < order.size(); i++) {
      String stored = kind(names.get(i));
      if (KINDS.contains(stored) && !stored.equals(order.get(i).name())) {
        return false;
      }
    }
    return true;
  }

  private static final Set<String> CONVOLUTIONS = Set.of("Conv1D", "Conv2D", "Conv2DTranspose");

  private static final Set<String> KINDS =
      Set.of(
          "kernel",
          "bias",
          "gamma",
          "beta",
          "moving_mean",
          "moving_variance",
          "depthwise_kernel",
          "pointwise_kernel",
          "alpha");

  private static String kind(String name) {
    String own = name.substring(name.lastIndexOf('/') + 1);
    return own.contains(":") ? own.substring(0, own.indexOf(':')) : own;
  }
}
