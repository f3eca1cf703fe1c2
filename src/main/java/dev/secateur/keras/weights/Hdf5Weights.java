package dev.secateur.keras.weights;

import dev.secateur.graph.Shape;
import dev.secateur.keras.file.Hdf5.DatasetAt;
import dev.secateur.keras.file.Hdf5.GroupAt;
import dev.secateur.keras.refusal.Reason;
import dev.secateur.keras.refusal.Refusal;
import dev.secateur.keras.spec.LayerSpec;
import dev.secateur.keras.spec.ModelSpec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Weights in Keras' HDF5 layout: attribute {@code layer_names} lists the layers, each a group whose
 * attribute {@code weight_names} lists its datasets. A model inside the model is one layer, with
 * its trainable weights before the others.
 *
 * <p>Keras loads by order alone: what it saved it orders again in the same way. Which weights were
 * trainable is not always in the configuration, so names decide here: each {@code weight_names}
 * entry ends in {@code <layer>/<weight>:0}. Where they do not name the layers (Keras numbers a name
 * that repeats, and Keras 1 had none) the orders of the versions are tried, and the names must not
 * contradict.
 */
public final class Hdf5Weights {
  private final WeightSlots slots;
  private final WeightLayout layout;
  private final boolean keras1;
  private final boolean theano;
  private final boolean named;

  /**
   * @param keras1 whether Keras 1 wrote the file
   * @param theano whether Keras ran on Theano, whose convolutions turn the kernel around: Keras 2
   *     turned it back when it loaded such a file on another backend
   * @param named whether the file must name all layers as the model does: what ties an architecture
   *     to weights that were not saved with it
   */
  public Hdf5Weights(
      WeightSlots slots, WeightLayout layout, boolean keras1, boolean theano, boolean named) {
    this.slots = slots;
    this.layout = layout;
    this.keras1 = keras1;
    this.theano = theano;
    this.named = named;
  }

  /** One layer of the file. */
  private record Stored(String name, List<String> weightNames, List<DatasetAt> datasets) {}

  /** One layer of the model, with its weights in the orders that versions store them in. */
  private record Wanted(String name, List<List<WeightSlot>> orders) {
    List<WeightSlot> first() {
      return orders.get(0);
    }

    /** Without those that a file may lack. */
    Wanted required() {
      return new Wanted(
          name,
          orders.stream().map(o -> o.stream().filter(s -> !s.isOptional()).toList()).toList());
    }
  }

  /** Weights as Keras lists them: {@code trainable_weights}, then {@code non_trainable_weights}. */
  private record Split(List<WeightSlot> trainable, List<WeightSlot> other) {
    Split() {
      this(new ArrayList<>(), new ArrayList<>());
    }

    List<WeightSlot> all() {
      List<WeightSlot> all = new ArrayList<>(trainable);
      all.addAll(other);
      return all;
    }

    /** A layer or model that is not trainable has only weights of the second kind. */
    Split frozen() {
      return new Split(new ArrayList<>(), all());
    }
  }

  public void match(ModelSpec model, GroupAt group) {
    List<Stored> stored = stored(group);
    List<Wanted> wanted = new ArrayList<>();
    model.layers().forEach(l -> want(l, "", wanted));
    wanted.removeIf(w -> isAbsent(w, stored));
    List<Wanted> chosen = wanted;
    if (!sameNames(wanted, stored)) {
      List<Wanted> flat = new ArrayList<>();
      flatten(model, "", flat);
      flat.removeIf(w -> isAbsent(w, stored));
      if (sameNames(flat, stored)) {
        chosen = flat; // Keras 1 lists the layers of models inside models one by one
      }
    }
    boolean byName = sameNames(chosen, stored);
    if (!byName && (named || chosen.size() != stored.size())) {
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

  /** A layer that has only weights which the file may lack, and does. */
  private static boolean isAbsent(Wanted layer, List<Stored> stored) {
    return layer.required().first().isEmpty()
        && stored.stream().noneMatch(s -> s.name().equals(layer.name()));
  }

  private void countMismatch(List<Wanted> wanted, List<Stored> stored) {
    Set<String> have = new HashSet<>();
    stored.forEach(s -> have.add(s.name()));
    Set<String> need = new HashSet<>();
    wanted.forEach(w -> need.add(w.name()));
    wanted.stream()
        .filter(w -> !have.contains(w.name()))
        .forEach(
            w ->
                layout.mismatch(
                    w.name(),
                    "the layer's weights are not in the file, which has those of " + shown(have)));
    stored.stream()
        .filter(s -> !need.contains(s.name()))
        .forEach(
            s ->
                layout.mismatch(
                    s.name(), "the file has weights for a layer that is none of " + shown(need)));
  }

  private static String shown(Set<String> names) {
    return Reason.abbreviated(new TreeSet<>(names).toString());
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
    Split effective = new Split();
    Split own = split(layer, path, true, effective);
    List<WeightSlot> inOrder = inOrder(layer, path);
    if (!inOrder.isEmpty()) {
      into.add(new Wanted(layer.name(), List.of(own.all(), effective.all(), inOrder)));
    }
  }

  private List<WeightSlot> inOrder(LayerSpec layer, String path) {
    String place = LayerSpec.place(path, layer.name());
    if (layer.model().isEmpty()) {
      return slots.of(place);
    }
    return layer.model().get().layers().stream()
        .flatMap(inner -> inOrder(inner, place).stream())
        .toList();
  }

  /**
   * @param around whether all models around are trainable
   * @param effective split by whether the weight trains at last
   * @return split as Keras does it, where a frozen model lists first what would train if it did not
   *     freeze it
   */
  private Split split(LayerSpec layer, String path, boolean around, Split effective) {
    String place = LayerSpec.place(path, layer.name());
    Split split = new Split();
    boolean trains = around && layer.trainable();
    if (layer.model().isPresent()) {
      for (LayerSpec inner : layer.model().get().layers()) {
        Split below = split(inner, place, trains, effective);
        split.trainable().addAll(below.trainable());
        split.other().addAll(below.other());
      }
    } else {
      for (WeightSlot slot : slots.of(place)) {
        note(layer, slot);
        (slot.trainable() ? split.trainable() : split.other()).add(slot);
        (slot.trainable() && trains ? effective.trainable() : effective.other()).add(slot);
      }
    }
    return layer.trainable() ? split : split.frozen();
  }

  private void note(LayerSpec layer, WeightSlot slot) {
    if (theano && CONVOLUTIONS.contains(layer.type()) && slot.name().equals("kernel")) {
      layout.turn(slot);
    }
    boolean told = slot.order().isPresent();
    if (keras1 && !told && layer.type().equals("Conv2DTranspose") && isSquare(slot.shape())) {
      // Keras 1 had (input, output) where Keras 2 has (output, input): only sizes tell them apart.
      layout.mismatch(slot.place(), "the order of this transposed kernel cannot be told");
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

  private void match(Wanted all, Stored in) {
    List<DatasetAt> datasets = in.datasets();
    Wanted layer = datasets.size() < all.first().size() ? all.required() : all;
    if (datasets.size() != layer.first().size()) {
      layout.mismatch(
          layer.name(),
          "the layer has " + layer.first().size() + " weights, the file " + datasets.size());
      return;
    }
    List<List<WeightSlot>> orders = new ArrayList<>();
    named(layer.first(), in.weightNames()).ifPresent(orders::add);
    orders.addAll(layer.orders());
    for (List<WeightSlot> order : orders) {
      if (WeightLayout.fit(order, datasets) && namesAgree(order, in.weightNames())) {
        layout.pair(order, datasets);
        return;
      }
    }
    if (WeightLayout.fit(layer.first(), datasets)) {
      layout.mismatch(
          layer.name(),
          "the names of its weights, "
              + Reason.abbreviated(in.weightNames().toString())
              + ", are in no order that is known");
      return;
    }
    layout.pair(layer.first(), datasets);
  }

  /** The weights in the order of the names, where these tell each of them. */
  private static Optional<List<WeightSlot>> named(List<WeightSlot> weights, List<String> names) {
    List<WeightSlot> order = new ArrayList<>();
    Set<WeightSlot> taken = Collections.newSetFromMap(new IdentityHashMap<>());
    for (String name : names) {
      List<WeightSlot> meant = weights.stream().filter(w -> names(name, w)).toList();
      if (meant.size() != 1 || !taken.add(meant.get(0))) {
        return Optional.empty();
      }
      order.add(meant.get(0));
    }
    return Optional.of(order);
  }

  /** Whether a name such as {@code base/conv/kernel:0} is of this layer and this weight. */
  private static boolean names(String stored, WeightSlot weight) {
    if (!isKind(kind(stored), weight)) {
      return false;
    }
    List<String> path = List.of(stored.split("/"));
    String layer = layerName(weight);
    // A layer within another, such as an activation, has a name of its own after it.
    int last = path.size() - 2;
    return last >= 0
        && (path.get(last).equals(layer)
            || (!weight.within().isEmpty() && last >= 1 && path.subList(0, last).contains(layer)));
  }

  /** Keras 3 calls a depthwise kernel just a kernel. */
  private static boolean isKind(String stored, WeightSlot weight) {
    return stored.equals(weight.ownName())
        || (stored.equals("kernel") && weight.ownName().equals("depthwise_kernel"));
  }

  /**
   * Whether the names say the same kinds of weights, and of the same layers where they are layers
   * of this model. Weights of equal shape, such as gamma and beta, cannot be told apart otherwise.
   */
  private static boolean namesAgree(List<WeightSlot> order, List<String> names) {
    Set<String> layers = new HashSet<>();
    order.forEach(w -> layers.add(layerName(w)));
    for (int i = 0; i < order.size(); i++) {
      String stored = kind(names.get(i));
      if (KINDS.contains(stored) && !isKind(stored, order.get(i))) {
        return false;
      }
      String[] path = names.get(i).split("/");
      String owner = path.length > 1 ? path[path.length - 2] : "";
      if (layers.contains(owner) && !owner.equals(layerName(order.get(i)))) {
        return false;
      }
    }
    return true;
  }

  private static String layerName(WeightSlot weight) {
    return weight.layer().substring(weight.layer().lastIndexOf('/') + 1);
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
          "alpha",
          "lora_kernel_a",
          "lora_kernel_b");

  private static String kind(String name) {
    String own = name.substring(name.lastIndexOf('/') + 1);
    return own.contains(":") ? own.substring(0, own.indexOf(':')) : own;
  }
}
