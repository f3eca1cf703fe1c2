package dev.secateur.job;

import dev.secateur.dataset.Dataset;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Grid;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.pass.Passes;
import dev.secateur.plan.Quantization;
import dev.secateur.plan.Scheme;
import dev.secateur.prune.Rounding;
import dev.secateur.tflite.Calibration;
import dev.secateur.tflite.Calibrator;
import dev.secateur.tflite.Lowered;
import dev.secateur.tflite.ModelMetadata;
import dev.secateur.tflite.TfliteModel;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * A network whose kernels have four bits, but for those that stay at eight, with the ranges that
 * its own activations have.
 */
public final class FourBits {
  private final Lowered lowered;
  private final Map<String, Grid> grids;
  private final Calibration calibration;

  private FourBits(Lowered lowered, Map<String, Grid> grids, Calibration calibration) {
    this.lowered = lowered;
    this.grids = grids;
    this.calibration = calibration;
  }

  /**
   * Found by reconstruction on samples taken evenly from a set, on which ranges are measured too.
   *
   * @param how with the layers that keep eight bits
   * @param samples that ranges are measured on
   * @throws JobException if a layer that is to keep eight bits is none with a kernel
   * @throws java.util.concurrent.CancellationException if {@code cancelled} said so
   */
  public static FourBits of(
      Graph network,
      Quantization how,
      Dataset representative,
      int samples,
      int threads,
      BooleanSupplier cancelled) {
    Graph folded = Passes.forInference(network);
    KernelBits bits = KernelBits.of(folded, how);
    Rounding.Rounded rounded =
        new Rounding(Reconstructed.samples(folded, representative, threads, cancelled))
            .round(folded, bits.most(), how.perTensorDense());
    Lowered lowered = Lowered.of(rounded.network());
    TfliteModel fp32 = lowered.float32(Run.INTERMEDIATE);
    Calibration calibration =
        new Calibrator(threads).calibrate(lowered, fp32, representative, samples, cancelled);
    return new FourBits(lowered, rounded.grids(), calibration);
  }

  /**
   * Its form without its quality, which costs nothing: each entry becomes the nearest level.
   *
   * @param few samples that ranges are measured on
   * @throws JobException as {@link #of}
   */
  static FourBits nearest(Graph network, Quantization how, List<Tensor> few, int threads) {
    Graph folded = Passes.forInference(network);
    Rounding.Rounded rounded =
        Rounding.nearest(folded, KernelBits.of(folded, how).most(), how.perTensorDense());
    Lowered lowered = Lowered.of(rounded.network());
    Calibration calibration =
        new Calibrator(threads).calibrate(lowered, lowered.float32(Run.INTERMEDIATE), List.of(few));
    return new FourBits(lowered, rounded.grids(), calibration);
  }

  /**
   * @param scheme INT4, which packs the levels, or INT8, which stores them a byte each
   */
  public TfliteModel file(Scheme scheme, Quantization how, ModelMetadata metadata) {
    return lowered.quantized(scheme, Optional.of(calibration), how, grids, metadata);
  }
}
