package dev.secateur.tflite;

import dev.secateur.graph.Graph;
import dev.secateur.plan.Quantization;

/** Compiles a network to TFLite. Same inputs give the same bytes. */
public final class TfliteCompiler {
  private TfliteCompiler() {}

  /** The float32 model, with batch normalisation folded and activations fused. */
  public static TfliteModel float32(Graph graph, ModelMetadata metadata) {
    return FlatBufferWriter.write(TfliteLowering.lower(graph), metadata);
  }

  /**
   * The INT8 model.
   *
   * @throws TfliteException if {@code quantization} asks for integers only and a layer has no
   *     integer kernel: the message names the layers
   */
  public static TfliteModel int8(
      Graph graph, Calibration calibration, Quantization quantization, ModelMetadata metadata) {
    Program program = Quantizer.quantize(TfliteLowering.lower(graph), calibration, quantization);
    return FlatBufferWriter.write(program, metadata);
  }
}
