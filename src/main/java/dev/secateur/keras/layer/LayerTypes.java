package dev.secateur.keras.layer;

import dev.secateur.keras.refusal.Refusal;
import dev.secateur.keras.spec.Options;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The layer classes that are supported. */
public final class LayerTypes {
  private static final List<LayerType> ALL =
      Stream.of(
              ActivationLayers.TYPES,
              ConvolutionLayers.TYPES,
              PoolingLayers.TYPES,
              NormalizationLayers.TYPES,
              RegularizationLayers.TYPES,
              ShapeLayers.TYPES,
              MergeLayers.TYPES,
              ImageLayers.TYPES,
              ImageLayers.augmentation().toList(),
              List.of(
                  LayerType.of("TimeDistributed", TimeDistributed::lower),
                  // Inputs are values, not layers, by the time that layers are lowered.
                  LayerType.of("InputLayer", LayerContext::input)
                      .only("sparse", false)
                      .only("ragged", false)
                      .only("optional", false)))
          .flatMap(List::stream)
          .toList();

  private static final Map<String, LayerType> BY_NAME = new HashMap<>();

  static {
    for (LayerType type : ALL) {
      BY_NAME.put(type.name(), type);
      type.aliases().forEach(a -> BY_NAME.put(a, type));
    }
  }

  private LayerTypes() {}

  /** Keras 2's names of all classes. */
  public static List<String> names() {
    return ALL.stream().map(LayerType::name).toList();
  }

  static Optional<LayerType> find(String name) {
    return Optional.ofNullable(BY_NAME.get(name));
  }

  public static boolean supports(String name) {
    return BY_NAME.containsKey(name);
  }

  /** What layers of a supported class take the axes of their operands for. */
  public static Axes axes(String name) {
    return BY_NAME.get(name).axes();
  }

  /** Lowers the layer; an argument that this did not understand is a refusal. */
  public static String lower(LayerContext layer) {
    LayerType type = BY_NAME.get(layer.type());
    String output = type.lowering().lower(layer);
    type.checkArguments(layer.options());
    return output;
  }

  /**
   * @throws Refusal for an argument of an input, beside its shape, that is not understood
   */
  public static void checkInput(Options input) {
    BY_NAME.get("InputLayer").checkArguments(input);
  }
}
