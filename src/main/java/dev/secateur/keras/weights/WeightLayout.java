package dev.secateur.keras.weights;

import dev.secateur.graph.Shape;
import dev.secateur.keras.file.StoredTensor;
import dev.secateur.keras.refusal.Kind;
import dev.secateur.keras.refusal.Reasons;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/** Pairs of what the architecture asks for and what the file has; checks that all is used once. */
public final class WeightLayout {
  private static final String REMEDY = "save architecture and weights together, with model.save";

  private final Reasons reasons;
  private final BooleanSupplier cancelled;
  private final List<Pair> pairs = new ArrayList<>();
  private final Set<String> used = new HashSet<>();
  private final Set<String> turned = new HashSet<>();

  private record Pair(WeightSlot slot, StoredTensor dataset) {}

  /**
   * @param cancelled asked between two tensors
   */
  public WeightLayout(Reasons reasons, BooleanSupplier cancelled) {
    this.reasons = reasons;
    this.cancelled = cancelled;
  }

  void mismatch(String place, String message) {
    reasons.add(Kind.WEIGHTS_MISMATCH, place, message, REMEDY);
  }

  /** Has a kernel turned around in space when it is read. */
  void turn(WeightSlot kernel) {
    turned.add(kernel.place());
  }

  /** Pairs lists of equal length one by one. */
  void pair(List<WeightSlot> slots, List<? extends StoredTensor> datasets) {
    for (int i = 0; i < slots.size(); i++) {
      pair(slots.get(i), datasets.get(i));
    }
  }

  private void pair(WeightSlot slot, StoredTensor dataset) {
    if (!fits(slot, dataset)) {
      unfit(slot, dataset);
    } else if (!used.add(dataset.path())) {
      mismatch(slot.place(), dataset.path() + " is used for another weight already");
    } else {
      pairs.add(new Pair(slot, dataset));
    }
  }

  /** Pairs a weight with one that others may be paired with too. */
  void share(WeightSlot slot, StoredTensor tensor) {
    if (fits(slot, tensor)) {
      pairs.add(new Pair(slot, tensor));
    } else {
      unfit(slot, tensor);
    }
  }

  private void unfit(WeightSlot slot, StoredTensor stored) {
    mismatch(
        slot.place(),
        "the layer needs " + slot.storedShape() + ", " + stored.path() + " is " + stored.shape());
  }

  static boolean fits(WeightSlot slot, StoredTensor dataset) {
    Shape stored = dataset.shape();
    if (slot.kind() == WeightSlot.Kind.COUNTER) {
      return stored.size() == 1;
    }
    // Keras 1 keeps a one-dimensional kernel as (length, 1, input, output): the same order.
    Shape wanted = slot.storedShape();
    boolean keras1 = stored.rank() == 4 && wanted.rank() == 3 && stored.dim(1) == 1;
    Shape plain = keras1 ? Shape.of(stored.dim(0), stored.dim(2), stored.dim(3)) : stored;
    return plain.equals(wanted);
  }

  static boolean fit(List<WeightSlot> slots, List<? extends StoredTensor> datasets) {
    if (slots.size() != datasets.size()) {
      return false;
    }
    for (int i = 0; i < slots.size(); i++) {
      if (!fits(slots.get(i), datasets.get(i))) {
        return false;
      }
    }
    return true;
  }

  boolean isUsed(StoredTensor dataset) {
    return used.contains(dataset.path());
  }

  /**
   * Reads everything; NaN and infinity are reasons to refuse.
   *
   * @throws CancellationException if {@code cancelled} said so
   */
  public void load() {
    for (Pair pair : pairs) {
      if (cancelled.getAsBoolean()) {
        throw new CancellationException("reading stopped at " + pair.slot().place());
      }
      float[] values = pair.slot().values();
      pair.dataset().readInto(values);
      pair.slot().order().ifPresent(order -> order.rearrange(values));
      if (turned.contains(pair.slot().place())) {
        turnAround(values, pair.slot().shape());
      }
      for (int i = 0; i < values.length; i++) {
        if (!Float.isFinite(values[i])) {
          reasons.add(
              Kind.NOT_FINITE,
              pair.slot().place(),
              "the weight has " + values[i] + " at element " + i,
              "train the model again: it has diverged");
          break;
        }
      }
    }
  }

  /** Reverses the order of a kernel's positions in space, each a matrix (input, output). */
  private static void turnAround(float[] kernel, Shape shape) {
    int matrix = shape.dim(-1) * shape.dim(-2);
    float[] original = kernel.clone();
    for (int from = 0; from < kernel.length; from += matrix) {
      System.arraycopy(original, from, kernel, kernel.length - matrix - from, matrix);
    }
  }
}
