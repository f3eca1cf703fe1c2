package dev.secateur.keras.layer;

import dev.secateur.graph.Op;
import dev.secateur.graph.Op.NoiseKind;
import dev.secateur.keras.refusal.Refusal;
import java.util.Map;

/** Layers that only act in training. */
final class RegularizationLayers {
  private RegularizationLayers() {}

  static void register(Map<String, Layers.Lowering> layers) {
    layers.put("Dropout", l -> noise(l, NoiseKind.DROPOUT, "rate"));
    layers.put("SpatialDropout1D", l -> noise(l, NoiseKind.SPATIAL_DROPOUT, "rate"));
    layers.put("SpatialDropout2D", l -> noise(l, NoiseKind.SPATIAL_DROPOUT, "rate"));
    layers.put("GaussianNoise", l -> noise(l, NoiseKind.GAUSSIAN_NOISE, "stddev"));
    layers.put("GaussianDropout", l -> noise(l, NoiseKind.GAUSSIAN_DROPOUT, "rate"));
    layers.put("AlphaDropout", l -> noise(l, NoiseKind.ALPHA_DROPOUT, "rate"));
    layers.put("ActivityRegularization", RegularizationLayers::activity);
    // Drops whole residual branches in training; the branch stays at inference.
    layers.put("StochasticDepth", LayerContext::input);
    layers.put("Identity", LayerContext::input);
  }

  private static String noise(LayerContext layer, NoiseKind kind, String rate) {
    float value = layer.options().number(rate, 0);
    if (value < 0 || (kind != NoiseKind.GAUSSIAN_NOISE && value >= 1)) {
      throw Refusal.config(layer.path(), rate + " " + value);
    }
    // A noise shape drops whole samples (EfficientNet's drop connect), as StochasticDepth does.
    boolean none = value == 0 || layer.options().has("noise_shape");
    return none ? layer.input() : layer.add(new Op.Noise(kind, value), layer.input());
  }

  private static String activity(LayerContext layer) {
    float l1 = layer.options().number("l1", 0);
    float l2 = layer.options().number("l2", 0);
    return layer.add(new Op.ActivityRegularization(l1, l2), layer.input());
  }
}
