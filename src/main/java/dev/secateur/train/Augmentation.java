package dev.secateur.train;

import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import java.util.SplittableRandom;

/** Random horizontal flips, and shifts of up to an eighth that repeat the edge. */
final class Augmentation {
  private static final int SHIFT = 8;

  private Augmentation() {}

  /**
   * Changed copies of a batch of images, or of a batch of the classes of their pixels; other values
   * are returned as they are.
   */
  static Tensor apply(Tensor batch, SplittableRandom random) {
    Shape shape = batch.shape();
    if (shape.rank() == 3) {
      Shape image = Shape.of(shape.dim(0), shape.dim(1), shape.dim(2), 1);
      return apply(batch.reshape(image), random).reshape(shape);
    }
    if (shape.rank() != 4) {
      return batch;
    }
    int height = shape.dim(1);
    int width = shape.dim(2);
    float[] to = new float[batch.values().length];
    for (int n = 0; n < shape.dim(0); n++) {
      boolean flip = random.nextBoolean();
      int down = random.nextInt(-(height / SHIFT), height / SHIFT + 1);
      int right = random.nextInt(-(width / SHIFT), width / SHIFT + 1);
      int base = n * height * width * shape.last();
      move(batch.values(), to, base, shape, flip, down, right);
    }
    return new Tensor(shape, to);
  }

  private static void move(
      float[] from, float[] to, int base, Shape shape, boolean flip, int down, int right) {
    int height = shape.dim(1);
    int width = shape.dim(2);
    int channels = shape.last();
    for (int y = 0; y < height; y++) {
      int row = base + clamp(y - down, height) * width * channels;
      for (int x = 0; x < width; x++) {
        int column = clamp(x - right, width);
        int source = row + (flip ? width - 1 - column : column) * channels;
        System.arraycopy(from, source, to, base + (y * width + x) * channels, channels);
      }
    }
  }

  private static int clamp(int index, int size) {
    return Math.max(0, Math.min(size - 1, index));
  }
}
