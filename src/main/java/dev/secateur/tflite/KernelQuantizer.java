package dev.secateur.tflite;

import dev.secateur.graph.Grid;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Int8 weights, symmetric with a scale a channel, and their int32 bias at the scale of their
 * product with the input. A kernel whose values stand on a grid already keeps its levels and steps.
 *
 * <p>A bias is kept within half of int32's range, so that adding the products cannot overflow:
 * where a channel's weights are so small that its bias would pass that, the channel's scales grow.
 *
 * <p>Where one unit of a channel's products would pass 256 steps of the result, which XNNPACK
 * refuses, the channel saturates instead: it has one unit a step.
 */
final class KernelQuantizer {
  private static final int LARGEST_BIAS = Integer.MAX_VALUE / 2;

  /** Steps of the result in a unit of the products; XNNPACK allows less than 256. */
  private static final double LARGEST_RATIO = 255;

  private final Constant.Floats kernel;
  private final int most;

  /** Scales that are written: all channels', or one where they share it. */
  private final int scales;

  private final float[] weightScales;
  private final float[] biasScales;
  private final int[] bias;

  KernelQuantizer(
      Constant.Floats kernel, Constant.Floats bias, float inputScale, float resultScale) {
    this(kernel, bias, inputScale, resultScale, perChannel(kernel));
  }

  /**
   * @param grid of one step, or of one a channel
   */
  KernelQuantizer(
      Constant.Floats kernel,
      Constant.Floats bias,
      float inputScale,
      float resultScale,
      Grid grid) {
    this.kernel = kernel;
    this.most = grid.most();
    float[] values = bias.values();
    int channels = kernel.channels();
    weightScales = new float[channels];
    for (int c = 0; c < channels; c++) {
      weightScales[c] = allowed(grid.step(c), values[c], inputScale, resultScale);
    }
    scales = grid.steps().size();
    if (scales == 1) {
      Arrays.fill(weightScales, largest(weightScales));
    }
    biasScales = new float[channels];
    this.bias = new int[channels];
    for (int c = 0; c < channels; c++) {
      biasScales[c] = inputScale * weightScales[c];
      int q = Affine.round((double) values[c] / biasScales[c]);
      this.bias[c] = Math.max(-LARGEST_BIAS, Math.min(LARGEST_BIAS, q));
    }
  }

  private static Grid perChannel(Constant.Floats kernel) {
    List<Float> scales = new ArrayList<>();
    for (float largest : largest(kernel)) {
      scales.add(Affine.weightScale(largest));
    }
    return new Grid(Grid.EIGHT_BITS, scales);
  }

  /** The scale that is wanted, or the nearest that the bias and XNNPACK allow. */
  private static float allowed(float wanted, float bias, float inputScale, float resultScale) {
    float weightScale = wanted;
    float needed = Math.abs(bias) / LARGEST_BIAS;
    if (needed > inputScale * weightScale) {
      weightScale = needed / inputScale;
    }
    if ((double) inputScale * weightScale > LARGEST_RATIO * resultScale) {
      weightScale = resultScale / inputScale;
    }
    return weightScale;
  }

  private static float largest(float[] values) {
    float largest = 0;
    for (float v : values) {
      largest = Math.max(largest, v);
    }
    return largest;
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

  Constant.Int32s bias() {
    return new Constant.Int32s(bias);
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
