package dev.secateur.tflite;

import dev.secateur.graph.Graph;
import dev.secateur.plan.Quantization;

/** Compiles a network to one file; whoever needs several {@linkplain Lowered lowers it once}. */
public final class TfliteCompiler {
  private TfliteCompiler() {}

  /** The float32 model: see {@link Lowered#float32}. */
  public static TfliteModel float32(Graph graph, ModelMetadata metadata) {
    return Lowered.of(graph).float32(metadata);
  }

  /** The INT8 model: see {@link Lowered#int8}. */
  public static TfliteModel int8(
      Graph graph, Calibration calibration, Quantization quantization, ModelMetadata metadata) {
    return Lowered.of(graph).int8(calibration, quantization, metadata);
  }
}
