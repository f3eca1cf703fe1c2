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
import dev.secateur.tflite.Range;
import dev.secateur.tflite.TfliteModel;
import dev.secateur.train.FineTuned;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * A network whose kernels have four bits, but for those that stay at eight, with the ranges that
 * its own activations have.
 */
public final class RoundedNetwork {
  private final Lowered lowered;
  private final Map<String, Grid> grids;
  private final Calibration calibration;

  private RoundedNetwork(Lowered lowered, Map<String, Grid> grids, Calibration calibration) {
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
  public static RoundedNetwork of(
      Graph network,
      Quantization how,
      Dataset representative,
      int samples,
      int threads,
      BooleanSupplier cancelled) {
    Graph folded = Passes.forInference(network);
    return calibrated(
        rounded(folded, how, representative, threads, cancelled),
        Map.of(),
        representative,
        samples,
        threads,
        cancelled);
  }

  /** All kernels of eight bits, likewise. */
  static RoundedNetwork eightBits(
      Graph network,
      Quantization how,
      Dataset representative,
      int samples,
      int threads,
      BooleanSupplier cancelled) {
    Graph folded = Passes.forInference(network);
    Rounding.Rounded rounded =
        new Rounding(Reconstructed.samples(folded, representative, threads, cancelled))
            .round(folded, KernelBits.eight(folded, how).most(), how.perTensorDense());
    return calibrated(rounded, Map.of(), representative, samples, threads, cancelled);
  }

  /**
   * What a network has learned to be.
   *
   * @param tuned whose kernels stand on grids
   * @param samples that the ranges are measured on that it has not learned
   */
  static RoundedNetwork learned(
      FineTuned tuned,
      Dataset representative,
      int samples,
      int threads,
      BooleanSupplier cancelled) {
    return calibrated(
        LearnedLevels.of(tuned.graph()).folded(tuned.grids()),
        LearnedScales.ranges(tuned.graph(), tuned.scales()),
        representative,
        samples,
        threads,
        cancelled);
  }

  private static RoundedNetwork calibrated(
      Rounding.Rounded rounded,
      Map<String, Range> learned,
      Dataset representative,
      int samples,
      int threads,
      BooleanSupplier cancelled) {
    Lowered lowered = Lowered.of(rounded.network());
    TfliteModel fp32 = lowered.float32(Run.INTERMEDIATE);
    Calibration calibration =
        new Calibrator(threads)
            .calibrate(lowered, fp32, representative, samples, cancelled)
            .with(learned);
    return new RoundedNetwork(lowered, rounded.grids(), calibration);
  }

  /**
   * @param folded a network as it runs at inference
   */
  static Rounding.Rounded rounded(
      Graph folded,
      Quantization how,
      Dataset representative,
      int threads,
      BooleanSupplier cancelled) {
    return new Rounding(Reconstructed.samples(folded, representative, threads, cancelled))
        .round(folded, KernelBits.of(folded, how).most(), how.perTensorDense());
  }

  /**
   * Its form without its quality, which costs nothing: each entry becomes the nearest level.
   *
   * @param few samples that ranges are measured on
   * @throws JobException as {@link #of}
   */
  static RoundedNetwork nearest(Graph network, Quantization how, List<Tensor> few, int threads) {
    Graph folded = Passes.forInference(network);
    Rounding.Rounded rounded =
        Rounding.nearest(folded, KernelBits.of(folded, how).most(), how.perTensorDense());
    Lowered lowered = Lowered.of(rounded.network());
    Calibration calibration =
        new Calibrator(threads).calibrate(lowered, lowered.float32(Run.INTERMEDIATE), List.of(few));
    return new RoundedNetwork(lowered, rounded.grids(), calibration);
  }

  Lowered lowered() {
    return lowered;
  }

  Calibration calibration() {
    return calibration;
  }

  /**
   * @param scheme INT4, which packs the levels, or INT8, which stores them a byte each
   */
  public TfliteModel file(Scheme scheme, Quantization how, ModelMetadata metadata) {
    return lowered.quantized(scheme, Optional.of(calibration), how, grids, metadata);
  }
}
