package dev.secateur.keras.spec;

import dev.secateur.keras.spec.LayerSpec.Ref;
import java.util.List;

/**
 * A model as configured. A Sequential is a chain of layers like any other here, and remembers its
 * class.
 *
 * <p>Inputs and outputs stand in Keras' order, which for a dict is that of its sorted keys.
 *
 * @param inputNames keys of a dict of inputs, or empty
 * @param outputNames keys of a dict of outputs, or empty
 */
public record ModelSpec(
    String name,
    boolean sequential,
    List<LayerSpec> layers,
    List<Ref> inputs,
    List<Ref> outputs,
    List<String> inputNames,
    List<String> outputNames) {
  public ModelSpec {
    layers = List.copyOf(layers);
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    inputNames = List.copyOf(inputNames);
    outputNames = List.copyOf(outputNames);
  }

  /** What a call of this model with a dict, or the user, calls the input. */
  public String inputName(int index) {
    return inputNames.isEmpty() ? inputs.get(index).layer() : inputNames.get(index);
  }
}
