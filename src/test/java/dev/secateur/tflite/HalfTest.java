package dev.secateur.tflite;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HalfTest {
  /** By the standard: sign, five bits of exponent, ten of fraction. */
  private static float value(int bits) {
    int exponent = bits >> 10 & 0x1f;
    int fraction = bits & 0x3ff;
    float magnitude =
        exponent == 0
            ? fraction * 0x1p-24f
            : (1024 + fraction) * (float) Math.pow(2, exponent - 25);
    return (bits & 0x8000) == 0 ? magnitude : -magnitude;
  }

  @Test
  void everyNumberIsItself() {
    for (int bits = 0; bits < 0x7c00; bits++) {
      assertThat(Half.of(value(bits)) & 0xffff).isEqualTo(bits);
      assertThat(Half.of(value(bits | 0x8000)) & 0xffff).isEqualTo(bits | 0x8000);
    }
  }

  @Test
  void betweenTwoTheNearerIsTakenAndInTheMiddleTheEvenOne() {
    for (int bits = 0; bits < 0x7bff; bits++) {
      float middle = (value(bits) + value(bits + 1)) / 2;
      assertThat(Half.of(middle) & 0xffff).isEqualTo(bits % 2 == 0 ? bits : bits + 1);
      assertThat(Half.of(Math.nextDown(middle)) & 0xffff).isEqualTo(bits);
      assertThat(Half.of(Math.nextUp(middle)) & 0xffff).isEqualTo(bits + 1);
    }
  }
}
