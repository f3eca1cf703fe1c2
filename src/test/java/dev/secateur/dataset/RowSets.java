package dev.secateur.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.dataset.Datasets.Expected;
import dev.secateur.dataset.Datasets.Part;
import dev.secateur.graph.Shape;
import dev.secateur.plan.Preprocessing;
import java.nio.file.Path;
import java.util.stream.IntStream;

/** Sets in which sample i is an image of 4 × 4 pixels of value 10·i, and of class i % 3. */
final class RowSets {
  private RowSets() {}

  static final Expected IMAGES = Expected.input(Shape.of(Shape.UNKNOWN, 4, 4, 3));

  static Dataset open(Path file, Part part) {
    return open(file, part, ReadOptions.usual());
  }

  static Dataset open(Path file, Part part, ReadOptions options) {
    return Datasets.open(file, part, Preprocessing.NONE, IMAGES, options);
  }

  static void check(Dataset set, int first, int count) {
    check(set, IntStream.range(first, first + count).toArray());
  }

  static void check(Dataset set, int... samples) {
    assertThat(set.size()).isEqualTo(samples.length);
    for (int i = 0; i < samples.length; i++) {
      Dataset.Batch batch = set.batch(new int[] {i});
      float[] pixels = batch.inputs().get(0).values();
      assertThat(pixels).hasSize(48).containsOnly(10 * samples[i]);
      float[] target = batch.targets().get(0).values();
      int wanted = samples[i] % 3;
      assertThat(target.length == 1 ? target[0] : target[wanted])
          .isEqualTo(target.length == 1 ? wanted : 1);
    }
  }
}
