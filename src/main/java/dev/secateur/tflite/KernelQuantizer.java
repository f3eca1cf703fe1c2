package dev.secateur.tflite;

import dev.secateur.graph.Grid;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Int8 weights, symmetric with a scale a channel, and their bias (int32, or int64 beside 16-bit
 * activations) at the scale of their product with the input. A kernel whose values stand on a grid
 * keeps its levels and steps.
 *
 * <p>A bias is kept within half of int32's range, so that adding the products cannot overflow:
 * where a channel's weights are so small that its bias would pass that, the channel's scales grow.
 *
 * <p>Where one unit of a channel's products would pass 256 steps of the result, which XNNPACK
 * refuses, the channel saturates instead: it has one unit a step.
 */
final class KernelQuantizer {
  private static final long LARGEST_BIAS = Integer.MAX_VALUE / 2;

  /** Sums of products with 16-bit activations may have 48 bits. */
  private static final long LARGEST_LONG_BIAS = 1L << 45;

  /** Steps of the result in a unit of the products; XNNPACK allows less than 256. */
  private static final double LARGEST_RATIO = 255;

  private final Constant.Floats kernel;
  private final int most;

  /** How many are written: one a channel, or one where all have the same. */
  private final int scales;

  private final float[] weightScales;
  private final float[] biasScales;
  private final long[] bias;
  private final Integers integers;

  /**
   * @param grid that the kernel's values stand on; empty: INT8's own
   */
  KernelQuantizer(
      Constant.Floats kernel,
      Constant.Floats bias,
      float inputScale,
      float resultScale,
      Integers integers,
      Optional<Grid> grid) {
    this.kernel = kernel;
    this.integers = integers;
    Grid wanted = grid.orElseGet(() -> perChannel(kernel));
    this.most = wanted.most();
    this.scales = wanted.steps().size();
    long largestBias = integers == Integers.INT8 ? LARGEST_BIAS : LARGEST_LONG_BIAS;
    float[] values = bias.values();
    int channels = kernel.channels();
    weightScales = new float[channels];
    biasScales = new float[channels];
    this.bias = new long[channels];
    float shared = 0;
    for (int c = 0; c < channels; c++) {
      float weightScale = wanted.step(c);
      float needed = Math.abs(values[c]) / largestBias;
      if (needed > inputScale * weightScale) {
        weightScale = needed / inputScale;
      }
      if ((double) inputScale * weightScale > LARGEST_RATIO * resultScale) {
        weightScale = resultScale / inputScale;
      }
      weightScales[c] = weightScale;
      shared = Math.max(shared, weightScale);
    }
    if (scales < channels) {
      Arrays.fill(weightScales, shared);
    }
    for (int c = 0; c < channels; c++) {
      biasScales[c] = inputScale * weightScales[c];
      long q = Affine.roundToLong((double) values[c] / biasScales[c]);
      this.bias[c] = Math.max(-largestBias, Math.min(largestBias, q));
    }
  }

  private KernelQuantizer(Constant.Floats kernel, Grid own) {
    this.kernel = kernel;
    this.most = own.most();
    this.scales = own.steps().size();
    this.weightScales = new float[kernel.channels()];
    for (int c = 0; c < weightScales.length; c++) {
      weightScales[c] = own.step(c);
    }
    this.biasScales = new float[0];
    this.bias = new long[0];
    this.integers = Integers.INT8;
  }

  /** Of an operator whose activations and bias stay float. */
  static KernelQuantizer ofWeights(Constant.Floats kernel, boolean perTensor) {
    return new KernelQuantizer(kernel, perTensor ? perTensor(kernel) : perChannel(kernel));
  }

  /** One scale for all, for runtimes that know no others in dense layers. */
  static Grid perTensor(Constant.Floats kernel) {
    return new Grid(Grid.EIGHT_BITS, List.of(Collections.max(perChannel(kernel).steps())));
  }

  /** TFLite's own for INT8. */
  private static Grid perChannel(Constant.Floats kernel) {
    List<Float> steps = new ArrayList<>();
    for (float largest : largest(kernel)) {
      steps.add(Affine.weightScale(largest));
    }
    return new Grid(Grid.EIGHT_BITS, steps);
  }

  private static float[] largest(Constant.Floats kernel) {
    float[] largest = new float[kernel.channels()];
    float[] values = kernel.values();
    int i = 0;
    while (i < values.length) {
      for (int c = 0; c < largest.length; c++) {
        for (int k = 0; k < kernel.inner(); k++, i++) {
          largest[c] = Math.max(largest[c], Math.abs(values[i]));
        }
      }
    }
    return largest;
  }

  Affine weightQuantization(int axis) {
    return new Affine(Arrays.copyOf(weightScales, scales), 0, axis);
  }

  Affine biasQuantization() {
    return new Affine(Arrays.copyOf(biasScales, scales), 0, 0);
  }

  Constant bias() {
    return integers == Integers.INT8
        ? new Constant.Int32s(Arrays.stream(bias).mapToInt(Math::toIntExact).toArray())
        : new Constant.Int64s(bias);
  }

  /** The weights in the order in which TFLite wants them. */
  Constant.Int8s weights() {
    float[] values = kernel.values();
    byte[] quantized = new byte[values.length];
    int channels = kernel.channels();
    int inner = kernel.inner();
    int outer = kernel.outer();
    if (!kernel.channelsFirst()) {
      for (int i = 0; i < values.length; i++) {
        quantized[i] = quantize(values[i], weightScales[i / inner % channels]);
      }
      return new Constant.Int8s(quantized);
    }
    for (int from = 0; from < channels; from += Constant.Floats.TILE) {
      int to = Math.min(channels, from + Constant.Floats.TILE);
      for (int o = 0; o < outer; o++) {
        int source = (o * channels + from) * inner;
        for (int c = from; c < to; c++) {
          int target = (c * outer + o) * inner;
          for (int i = 0; i < inner; i++) {
            quantized[target + i] = quantize(values[source++], weightScales[c]);
          }
        }
      }
    }
    return new Constant.Int8s(quantized);
  }

  /** As {@link Affine#round}, without its bounds: there is one of these for every weight. */
  private byte quantize(float value, float scale) {
    double scaled = (double) value / scale;
    int whole = (int) scaled;
    double rest = scaled - whole;
    int rounded = rest >= 0.5 ? whole + 1 : rest <= -0.5 ? whole - 1 : whole;
    return (byte) Math.max(-most, Math.min(most, rounded));
  }
}
