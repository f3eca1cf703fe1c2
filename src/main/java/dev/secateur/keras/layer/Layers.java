package dev.secateur.keras.layer;

import java.util.HashMap;
import java.util.Map;

/** The layer classes that are supported, each with what lowers it to the graph. */
public final class Layers {
  /** Adds a layer's nodes to the graph; returns the value that it outputs. */
  interface Lowering {
    String lower(LayerContext layer);
  }

  private static final Map<String, Lowering> BY_TYPE = new HashMap<>();

  static {
    ActivationLayers.register(BY_TYPE);
    ConvolutionLayers.register(BY_TYPE);
    PoolingLayers.register(BY_TYPE);
    NormalizationLayers.register(BY_TYPE);
    RegularizationLayers.register(BY_TYPE);
    ShapeLayers.register(BY_TYPE);
    MergeLayers.register(BY_TYPE);
    ImageLayers.register(BY_TYPE);
    BY_TYPE.put("TimeDistributed", TimeDistributed::lower);
    // Inputs are values, not layers, by the time that layers are lowered.
    BY_TYPE.put("InputLayer", LayerContext::input);
  }

  private Layers() {}

  public static boolean supports(String type) {
    return BY_TYPE.containsKey(type);
  }

  public static String lower(LayerContext layer) {
    return BY_TYPE.get(layer.type()).lower(layer);
  }
}
