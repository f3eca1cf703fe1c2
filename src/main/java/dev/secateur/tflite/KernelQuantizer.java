package dev.secateur.tflite;

import java.util.Arrays;

/**
 * Int8 weights, symmetric with a scale a channel, and their bias (int32, or int64 beside 16-bit
 * activations) at the scale of their product with the input.
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

  private static final int LARGEST_WEIGHT = 127;

  /** Steps of the result in a unit of the products; XNNPACK allows less than 256. */
  private static final double LARGEST_RATIO = 255;

  private final Constant.Floats kernel;
  private final float[] weightScales;
  private final float[] biasScales;
  private final long[] bias;
  private final Integers integers;

  KernelQuantizer(
      Constant.Floats kernel,
      Constant.Floats bias,
      float inputScale,
      float resultScale,
      Integers integers) {
    this.kernel = kernel;
    this.integers = integers;
    long largestBias = integers == Integers.INT8 ? LARGEST_BIAS : LARGEST_LONG_BIAS;
    float[] largest = largest(kernel);
    float[] values = bias.values();
    int channels = kernel.channels();
    weightScales = new float[channels];
    biasScales = new float[channels];
    this.bias = new long[channels];
    for (int c = 0; c < channels; c++) {
      float weightScale = Affine.weightScale(largest[c]);
      float needed = Math.abs(values[c]) / largestBias;
      if (needed > inputScale * weightScale) {
        weightScale = needed / inputScale;
      }
      if ((double) inputScale * weightScale > LARGEST_RATIO * resultScale) {
        weightScale = resultScale / inputScale;
      }
      weightScales[c] = weightScale;
      biasScales[c] = inputScale * weightScale;
      long q = Affine.roundToLong((double) values[c] / biasScales[c]);
      this.bias[c] = Math.max(-largestBias, Math.min(largestBias, q));
    }
  }

  private KernelQuantizer(Constant.Floats kernel, float[] weightScales) {
    this.kernel = kernel;
    this.weightScales = weightScales;
    this.biasScales = new float[0];
    this.bias = new long[0];
    this.integers = Integers.INT8;
  }

  /** Of an operator whose activations and bias stay float. */
  static KernelQuantizer ofWeights(Constant.Floats kernel) {
    float[] scales = largest(kernel);
    for (int c = 0; c < scales.length; c++) {
      scales[c] = Affine.weightScale(scales[c]);
    }
    return new KernelQuantizer(kernel, scales);
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
    return new Affine(weightScales, 0, axis);
  }

  Affine biasQuantization() {
    return new Affine(biasScales, 0, 0);
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
  private static byte quantize(float value, float scale) {
    double scaled = (double) value / scale;
    int whole = (int) scaled;
    double rest = scaled - whole;
    int rounded = rest >= 0.5 ? whole + 1 : rest <= -0.5 ? whole - 1 : whole;
    return (byte) Math.max(-LARGEST_WEIGHT, Math.min(LARGEST_WEIGHT, rounded));
  }
}
