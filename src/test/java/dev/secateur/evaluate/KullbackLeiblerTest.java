package dev.secateur.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class KullbackLeiblerTest {
  private final Random random = new Random(7);

  /** Chi-squared bounds the divergence: (half a step)² / half a step for each class. */
  @Test
  void whatAnInt8SoftmaxRoundsAwayIsNoDivergenceToSpeakOf() {
    for (int n = 0; n < 2000; n++) {
      float[] p = row(2 + random.nextInt(1000), 12 * random.nextFloat());
      float[] q = rounded(p);
      double divergence = KullbackLeibler.ofClasses(p, q, 0, p.length);
      assertThat(divergence).isBetween(-1e-12, p.length / 512.0 + 1e-9);
      double decision = KullbackLeibler.ofDecision(p[0], q[0]);
      assertThat(decision).isBetween(-1e-12, 2 / 512.0);
    }
  }

  @Test
  void itIsZeroOfTheSameAndGrowsTheFurtherARowIsMixedWithAnother() {
    for (int n = 0; n < 500; n++) {
      int classes = 2 + random.nextInt(20);
      float[] p = row(classes, 3);
      float[] other = row(classes, 3);
      double before = KullbackLeibler.ofClasses(p, p, 0, classes);
      assertThat(before).isZero();
      for (float share = .25f; share <= 1; share += .25f) {
        float[] mixed = new float[classes];
        for (int i = 0; i < classes; i++) {
          mixed[i] = (1 - share) * p[i] + share * other[i];
        }
        double after = KullbackLeibler.ofClasses(p, mixed, 0, classes);
        assertThat(after).isGreaterThanOrEqualTo(before - 1e-9);
        before = after;
      }
    }
  }

  @Test
  void aRowOfZerosSaysThatEveryClassIsAsLikely() {
    assertThat(KullbackLeibler.ofClasses(new float[] {.5f, .5f}, new float[2], 0, 2)).isFinite();
    assertThat(KullbackLeibler.ofClasses(new float[] {1, 0}, new float[2], 0, 2)).isGreaterThan(.5);
  }

  private float[] row(int classes, float spread) {
    float[] row = new float[classes];
    float sum = 0;
    for (int i = 0; i < classes; i++) {
      row[i] = (float) Math.exp(spread * random.nextGaussian());
      sum += row[i];
    }
    for (int i = 0; i < classes; i++) {
      row[i] /= sum;
    }
    return row;
  }

  private static float[] rounded(float[] p) {
    float[] q = new float[p.length];
    for (int i = 0; i < p.length; i++) {
      q[i] = Math.min(Math.round(p[i] * 256), 255) / 256f;
    }
    return q;
  }
}
