package dev.secateur.keras.architecture;

import dev.secateur.keras.layer.Dialect;
import dev.secateur.keras.layer.Equivalent;
import dev.secateur.keras.spec.ModelSpec;
import dev.secateur.keras.weights.WeightSlots;
import java.util.Map;

/**
 * The layers and connections as the file configures them, in the one form that is written back.
 * Opaque outside the room {@code keras}.
 */
public final class KerasArchitecture {
  private final ModelSpec model;
  private final WeightSlots weights;
  private final Dialect dialect;
  private final Map<String, Equivalent> equivalents;

  /**
   * @param equivalents standard layers for operations, by path
   */
  public KerasArchitecture(
      ModelSpec model, WeightSlots weights, Dialect dialect, Map<String, Equivalent> equivalents) {
    this.model = model;
    this.weights = weights;
    this.dialect = dialect;
    this.equivalents = Map.copyOf(equivalents);
  }

  public ModelSpec model() {
    return model;
  }

  public WeightSlots weights() {
    return weights;
  }

  public Dialect dialect() {
    return dialect;
  }

  public Map<String, Equivalent> equivalents() {
    return equivalents;
  }
}
