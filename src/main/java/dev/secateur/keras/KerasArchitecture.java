package dev.secateur.keras;

import java.util.Map;

/**
 * The layers and connections as the file configures them, in the one form that {@link KerasWriter}
 * writes back. Opaque outside this package.
 */
public final class KerasArchitecture {
  private final ModelSpec model;
  private final WeightSlots weights;
  private final Dialect dialect;
  private final Map<String, Equivalent> equivalents;

  /**
   * @param equivalents standard layers for operations, by path
   */
  KerasArchitecture(
      ModelSpec model, WeightSlots weights, Dialect dialect, Map<String, Equivalent> equivalents) {
    this.model = model;
    this.weights = weights;
    this.dialect = dialect;
    this.equivalents = Map.copyOf(equivalents);
  }

  ModelSpec model() {
    return model;
  }

  WeightSlots weights() {
    return weights;
  }

  Dialect dialect() {
    return dialect;
  }

  Map<String, Equivalent> equivalents() {
    return equivalents;
  }
}
