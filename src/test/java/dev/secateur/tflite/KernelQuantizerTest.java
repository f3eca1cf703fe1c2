package dev.secateur.tflite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class KernelQuantizerTest {
  /** Two inputs, three channels, channels last as Keras has them. */
  private static Constant.Floats kernel(float... values) {
    return new Constant.Floats(values, values.length / 3, 3, 1, true);
  }

  @Test
  void eachChannelIsScaledToItsLargestWeight() {
    KernelQuantizer quantizer =
        new KernelQuantizer(
            kernel(1f, -2f, 0.5f, 0.5f, 1f, -0.25f),
            Constant.Floats.of(0, 0, 0),
            0.5f,
            1f,
            Integers.INT8,
            Optional.empty());
    assertThat(quantizer.weightQuantization(0).scales())
        .containsExactly(1f / 127, 2f / 127, 0.5f / 127);
    // 63.5 rounds away from zero.
    assertThat(quantizer.weights().values()).containsExactly(127, 64, -127, 64, 127, -64);
  }

  @Test
  void deadChannelGetsTheWidenedScale() {
    KernelQuantizer quantizer =
        new KernelQuantizer(
            kernel(0f, 1f, 0f, 0f, 1f, 1e-8f),
            Constant.Floats.of(0, 0, 0),
            0.5f,
            1f,
            Integers.INT8,
            Optional.empty());
    float[] scales = quantizer.weightQuantization(0).scales();
    assertThat(scales[0]).isCloseTo(3.937e-9f, within(1e-12f));
    assertThat(scales[2]).isCloseTo(3.937e-9f, within(1e-12f));
    assertThat(quantizer.weights().values()[0]).isZero();
  }

  @Test
  void prunedZerosStayExactlyZero() {
    KernelQuantizer quantizer =
        new KernelQuantizer(
            kernel(0f, 3f, 0f, -0f, 0f, 2f),
            Constant.Floats.of(1, 1, 1),
            0.01f,
            1f,
            Integers.INT8,
            Optional.empty());
    assertThat(quantizer.weights().values()).containsExactly(0, 0, 127, 0, 0, 127);
  }

  @Test
  void biasOfADeadChannelStaysWithinHalfOfInt32() {
    KernelQuantizer quantizer =
        new KernelQuantizer(
            kernel(0f, 1f, 1f, 0f, 1f, 1f),
            Constant.Floats.of(2.5f, 2.5f, -2.5f),
            0.02f,
            1f,
            Integers.INT8,
            Optional.empty());
    int bias = ((Constant.Int32s) quantizer.bias()).values()[0];
    assertThat(bias).isBetween(Integer.MAX_VALUE / 2 - 128, Integer.MAX_VALUE / 2);
    float[] biasScales = quantizer.biasQuantization().scales();
    assertThat(bias * (double) biasScales[0]).isCloseTo(2.5, within(1e-5));
    // The bias' scale is still the product of the input's and the weights'.
    assertThat(biasScales[0])
        .isCloseTo(0.02f * quantizer.weightQuantization(0).scales()[0], within(1e-15f));
    assertThat(((Constant.Int32s) quantizer.bias()).values()[1])
        .isEqualTo(Affine.round(2.5 / (0.02f * (1f / 127))));
  }

  @Test
  void kernelsWithChannelsLastKeepTheirOrder() {
    Constant.Floats depthwise =
        new Constant.Floats(new float[] {1, 2, 3, -0.5f, -2, 1.5f}, 2, 3, 1, false);
    KernelQuantizer quantizer =
        new KernelQuantizer(
            depthwise, Constant.Floats.of(0, 0, 0), 1f, 1f, Integers.INT8, Optional.empty());
    assertThat(quantizer.weights().values()).containsExactly(127, 127, 127, -64, -127, 64);
  }
}
