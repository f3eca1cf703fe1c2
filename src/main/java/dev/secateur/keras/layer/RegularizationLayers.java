package dev.secateur.keras.layer;

import dev.secateur.graph.Op;
import dev.secateur.graph.Op.NoiseKind;
import dev.secateur.keras.refusal.Refusal;
import java.util.List;

/** Layers that only act in training. */
final class RegularizationLayers {
  static final List<LayerType> TYPES =
      List.of(
          LayerType.of("Dropout", l -> noise(l, NoiseKind.DROPOUT, "rate"))
              .axes(Axes.ALIKE)
              .writes("rate", "noise_shape"),
          LayerType.of("SpatialDropout1D", l -> noise(l, NoiseKind.SPATIAL_DROPOUT, "rate"))
              .writes("rate"),
          LayerType.of("SpatialDropout2D", l -> noise(l, NoiseKind.SPATIAL_DROPOUT, "rate"))
              .axes(Axes.BY_FORMAT)
              .writes("rate"),
          LayerType.of("GaussianNoise", l -> noise(l, NoiseKind.GAUSSIAN_NOISE, "stddev"))
              .axes(Axes.ALIKE)
              .writes("stddev"),
          LayerType.of("GaussianDropout", l -> noise(l, NoiseKind.GAUSSIAN_DROPOUT, "rate"))
              .axes(Axes.ALIKE)
              .writes("rate"),
          LayerType.of("AlphaDropout", l -> noise(l, NoiseKind.ALPHA_DROPOUT, "rate"))
              .axes(Axes.ALIKE)
              .writes("rate"),
          LayerType.of("ActivityRegularization", RegularizationLayers::activity)
              .axes(Axes.ALIKE)
              .writes("l1", "l2"),
          // Drops whole residual branches in training; the branch stays at inference.
          LayerType.of("StochasticDepth", RegularizationLayers::depth)
              .axes(Axes.ALIKE)
              .harmless("drop_path_rate")
              .writtenAsNothing(),
          LayerType.of("Identity", LayerContext::input).axes(Axes.ALIKE).writtenAsNothing());

  private RegularizationLayers() {}

  private static String noise(LayerContext layer, NoiseKind kind, String rate) {
    float value = layer.options().number(rate, 0);
    if (value < 0 || (kind != NoiseKind.GAUSSIAN_NOISE && value >= 1)) {
      throw Refusal.config(layer.path(), rate + " " + value);
    }
    // A noise shape drops whole samples (EfficientNet's drop connect), as StochasticDepth does.
    boolean none = value == 0 || layer.options().has("noise_shape");
    if (value != 0) {
      layer.refuseTrainingMode();
    }
    none |= layer.inference();
    return none ? layer.input() : layer.add(new Op.Noise(kind, value), layer.input());
  }

  private static String depth(LayerContext layer) {
    layer.refuseTrainingMode();
    return layer.input();
  }

  private static String activity(LayerContext layer) {
    float l1 = layer.options().number("l1", 0);
    float l2 = layer.options().number("l2", 0);
    return layer.add(new Op.ActivityRegularization(l1, l2), layer.input());
  }
}
