package dev.secateur.prune;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.train.ReferenceArrays;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MasksTest {
  private static final float[] ONE_TO_TEN = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

  @Test
  void twentyPercentOfOneToTenKeepsFromThree() {
    assertThat(Masks.threshold(ONE_TO_TEN, 0.2f)).isEqualTo(3f);
    assertThat(Masks.of(ONE_TO_TEN, 0.2f)).containsExactly(0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
  }

  @Test
  void oneWeightAlwaysStays() {
    assertThat(Masks.of(ONE_TO_TEN, 0.9999f)).containsExactly(0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
  }

  @Test
  void magnitudeCountsAndNotTheSign() {
    assertThat(Masks.of(new float[] {-3, 1, 2, -0.5f}, 0.5f)).containsExactly(1, 0, 1, 0);
  }

  @Test
  void tiesAreAllKept() {
    assertThat(Masks.of(new float[] {1, 1, 1, 0}, 0.5f)).containsExactly(1, 1, 1, 0);
  }

  @Test
  void halvesRoundToEven() {
    assertThat(Masks.of(new float[] {1, 2, 3, 4, 5}, 0.5f)).containsExactly(0, 0, 0, 1, 1);
  }

  @Test
  void theThresholdIsTheOneThatSortingFinds() {
    Random random = new Random(1);
    float[] weights = new float[500];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = Float.intBitsToFloat(random.nextInt());
    }
    weights[0] = Float.NaN;
    weights[1] = Float.NEGATIVE_INFINITY;
    weights[2] = -0f;
    float[] sorted = weights.clone();
    for (int i = 0; i < sorted.length; i++) {
      sorted[i] = Math.abs(sorted[i]);
    }
    Arrays.sort(sorted);
    for (int kept = 1; kept <= weights.length; kept++) {
      assertThat(Masks.threshold(weights, kept))
          .isEqualTo(Float.valueOf(sorted[weights.length - kept]));
    }
  }

  @Test
  void masksEqualThoseOfTensorFlowModelOptimization() {
    ReferenceArrays reference =
        ReferenceArrays.read(ReferenceArrays.shared("reference/training/masks.npz"));
    int compared = 0;
    for (String name : reference.arrays().keySet()) {
      if (name.startsWith("mask")) {
        String tensor = name.substring("mask".length(), name.indexOf('@'));
        float sparsity = Float.parseFloat(name.substring(name.indexOf('@') + 1));
        float[] weights = reference.floats("w" + tensor);
        assertThat(Masks.threshold(weights, sparsity))
            .as(name)
            .isEqualTo(reference.floats("threshold" + name.substring("mask".length()))[0]);
        assertThat(Masks.of(weights, sparsity)).as(name).isEqualTo(mask(reference, name));
        compared++;
      }
    }
    assertThat(compared).isEqualTo(35);
  }

  /** Masks are stored as bytes, booleans or floats. */
  private static float[] mask(ReferenceArrays reference, String name) {
    ByteBuffer bytes = reference.arrays().get(name);
    float[] weights = reference.floats("w" + name.substring("mask".length(), name.indexOf('@')));
    if (bytes.remaining() != weights.length) {
      return reference.floats(name);
    }
    float[] mask = new float[weights.length];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = bytes.get(i);
    }
    return mask;
  }
}
