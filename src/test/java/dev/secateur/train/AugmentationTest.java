package dev.secateur.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.dataset.Dataset;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class AugmentationTest {
  private static final int SAMPLES = 16;

  /** Each pixel of a sample has a number of its own; larger images repeat it. */
  private static Tensor image(int size, int grid, int... channels) {
    float[] values = new float[SAMPLES * size * size];
    for (int i = 0; i < values.length; i++) {
      int row = i / size % size * grid / size;
      int column = i % size * grid / size;
      values[i] = row * grid + column;
    }
    Shape shape =
        channels.length == 0
            ? Shape.of(SAMPLES, size, size)
            : Shape.of(SAMPLES, size, size, channels[0]);
    return new Tensor(shape, values);
  }

  private static Dataset.Batch moved(Tensor input, Tensor target, boolean classes, long seed) {
    return Augmentation.apply(
        new Dataset.Batch(List.of(input), List.of(target)), List.of(classes), true, seed);
  }

  @Test
  void flipsAloneShiftNothing() {
    Tensor image = image(16, 16, 1);
    Tensor flipped =
        Augmentation.apply(new Dataset.Batch(List.of(image), List.of()), List.of(), false, 3)
            .inputs()
            .get(0);
    boolean[] flips = Augmentation.flips(SAMPLES, 3);
    float[] mirrored = Augmentation.mirrored(List.of(image)).get(0).values();
    for (int i = 0; i < mirrored.length; i++) {
      float expected = flips[i / 256] ? mirrored[i] : image.values()[i];
      assertThat(flipped.values()[i]).isEqualTo(expected);
    }
    boolean[] seen = new boolean[2];
    for (int row = 0; row < SAMPLES * 16; row++) {
      boolean same = flipped.values()[row * 16] == image.values()[row * 16];
      seen[same ? 1 : 0] = true;
      for (int x = 0; x < 16; x++) {
        assertThat(flipped.values()[row * 16 + x])
            .isEqualTo(image.values()[row * 16 + (same ? x : 15 - x)]);
      }
    }
    assertThat(seen).containsExactly(true, true);
  }

  @Test
  void anImageAndItsMaskMoveAlikeWhateverTheirSizes() {
    for (int seed = 0; seed < 20; seed++) {
      for (boolean classes : new boolean[] {true, false}) {
        Tensor mask = classes ? image(16, 16) : image(16, 16, 1);
        Dataset.Batch batch = moved(image(32, 16, 1), mask, classes, seed);
        Tensor large = batch.inputs().get(0);
        Tensor small = batch.targets().get(0);
        assertThat(large.values()).isNotEqualTo(image(32, 16, 1).values());
        for (int i = 0; i < small.values().length; i++) {
          int sample = i / 256;
          int at = sample * 1024 + i % 256 / 16 * 64 + i % 16 * 2;
          assertThat(small.values()[i]).isEqualTo(large.values()[at]);
        }
      }
    }
  }

  @Test
  void sizesWithoutACommonGridAreOnlyFlipped() {
    Dataset.Batch batch = moved(image(15, 15, 1), image(14, 14), true, 1);
    for (Tensor moved : List.of(batch.inputs().get(0), batch.targets().get(0))) {
      int size = moved.shape().dim(1);
      for (int sample = 0; sample < SAMPLES; sample++) {
        float first = moved.values()[sample * size * size];
        assertThat(first).isIn(0f, size - 1f);
      }
    }
  }

  @Test
  void whatIsNoImageStaysAsItIs() {
    Tensor signal = image(16, 16);
    Tensor numbers = image(16, 16);
    assertThat(moved(signal, numbers, false, 1).inputs().get(0)).isSameAs(signal);
    assertThat(moved(signal, numbers, false, 1).targets().get(0)).isSameAs(numbers);
    // A signal's classes, step by step, and an image that is drawn from a signal.
    assertThat(moved(signal, numbers, true, 1).targets().get(0)).isSameAs(numbers);
    assertThat(moved(signal, image(16, 16, 1), false, 1).targets().get(0).values())
        .isEqualTo(image(16, 16, 1).values());
    // Numbers of a sequence beside an image.
    Dataset.Batch beside = moved(image(16, 16, 1), numbers, false, 1);
    assertThat(beside.targets().get(0)).isSameAs(numbers);
    assertThat(beside.inputs().get(0).values()).isNotEqualTo(image(16, 16, 1).values());
  }
}
