package dev.secateur.tflite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class AffineTest {
  @Test
  void rangeIsSpreadOver255Steps() {
    Affine q = Affine.activation(new Range(-1f, 3f));
    assertThat(q.scale()).isEqualTo(4f / 255);
    assertThat(q.zeroPoint()).isEqualTo(-64);
    assertThat(q.quantize(-1f)).isEqualTo((byte) -128);
    assertThat(q.quantize(3f)).isEqualTo((byte) 127);
    assertThat(q.quantize(0f)).isEqualTo((byte) -64);
  }

  @Test
  void rangeIsWidenedToIncludeZero() {
    Affine positive = Affine.activation(new Range(2f, 5.1f));
    assertThat(positive.scale()).isCloseTo(0.02f, within(1e-7f));
    assertThat(positive.zeroPoint()).isEqualTo(-128);
    assertThat(Affine.activation(new Range(-5.1f, -2f)).zeroPoint()).isEqualTo(127);
  }

  @Test
  void deadTensorGetsATinyScaleButNeverZero() {
    assertThat(Affine.activation(new Range(0f, 0f)).scale()).isCloseTo(3.92e-9f, within(1e-11f));
  }

  @Test
  void valuesOutsideSaturate() {
    Affine q = Affine.activation(new Range(0f, 1f));
    assertThat(q.quantize(1e30f)).isEqualTo((byte) 127);
    assertThat(q.quantize(-1e30f)).isEqualTo((byte) -128);
  }

  @Test
  void halvesAreRoundedAwayFromZero() {
    assertThat(Affine.round(0.5)).isEqualTo(1);
    assertThat(Affine.round(-0.5)).isEqualTo(-1);
    assertThat(Affine.round(2.5)).isEqualTo(3);
    assertThat(Affine.round(-2.5)).isEqualTo(-3);
    assertThat(Affine.round(0.49999999999999994)).isZero();
  }
}
