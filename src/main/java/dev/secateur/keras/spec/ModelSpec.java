package dev.secateur.keras.spec;

import dev.secateur.keras.spec.LayerSpec.Ref;
import java.util.List;

/**
 * A model as configured. A Sequential is a chain of layers like any other here, and remembers its
 * class.
 *
 * @param outputNames names of a dict of outputs, or empty
 */
public record ModelSpec(
    String name,
    boolean sequential,
    List<LayerSpec> layers,
    List<Ref> inputs,
    List<Ref> outputs,
    List<String> outputNames) {
  public ModelSpec {
    layers = List.copyOf(layers);
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    outputNames = List.copyOf(outputNames);
  }
}
