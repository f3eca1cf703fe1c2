package dev.secateur.train;

import dev.secateur.dataset.Dataset;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Random horizontal flips and, if asked for, shifts of up to an eighth that repeat the edge, of a
 * batch whose inputs are images: batch, height, width and channels. What its outputs say pixel by
 * pixel moves along; what has no pixels (a signal, a vector, a class) stays as it is, and so does a
 * batch without images. Where an image and its mask differ in size, both are shifted by whole steps
 * of the grid that their sizes have in common.
 */
final class Augmentation {
  private static final int SHIFT = 8;
  private static final int IMAGE_RANK = 4;

  private final int rows;
  private final int columns;
  private final boolean shifts;
  private final long seed;

  /**
   * @param rows steps that divide every image's height
   * @param columns steps that divide every image's width
   */
  private Augmentation(int rows, int columns, boolean shifts, long seed) {
    this.rows = rows;
    this.columns = columns;
    this.shifts = shifts;
    this.seed = seed;
  }

  /**
   * A changed copy.
   *
   * @param classes for each target, whether it holds class numbers, not numbers of the output
   * @param shifts whether images are shifted too
   */
  static Dataset.Batch apply(
      Dataset.Batch batch, List<Boolean> classes, boolean shifts, long seed) {
    List<Boolean> images = batch.inputs().stream().map(Augmentation::image).toList();
    if (!images.contains(true)) {
      return batch;
    }
    List<Boolean> masks = new ArrayList<>();
    for (int i = 0; i < classes.size(); i++) {
      Tensor target = batch.targets().get(i);
      masks.add(image(target) || (classes.get(i) && target.shape().rank() == IMAGE_RANK - 1));
    }
    int rows = 0;
    int columns = 0;
    for (Tensor moving :
        Stream.concat(chosen(batch.inputs(), images), chosen(batch.targets(), masks)).toList()) {
      rows = gcd(rows, moving.shape().dim(1));
      columns = gcd(columns, moving.shape().dim(2));
    }
    Augmentation same = new Augmentation(rows, columns, shifts, seed);
    return new Dataset.Batch(
        same.moved(batch.inputs(), images), same.moved(batch.targets(), masks));
  }

  /** Which samples of a batch are flipped where nothing is shifted. */
  static boolean[] flips(int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    boolean[] flips = new boolean[count];
    for (int n = 0; n < count; n++) {
      flips[n] = random.nextBoolean();
    }
    return flips;
  }

  /** The inputs with every image flipped. */
  static List<Tensor> mirrored(List<Tensor> inputs) {
    return inputs.stream().map(t -> image(t) ? mirrored(t) : t).toList();
  }

  private static Tensor mirrored(Tensor batch) {
    Shape shape = batch.shape();
    float[] to = new float[batch.values().length];
    for (int n = 0; n < shape.dim(0); n++) {
      move(batch.values(), to, n * to.length / shape.dim(0), shape, true, 0, 0);
    }
    return new Tensor(shape, to);
  }

  private static boolean image(Tensor batch) {
    return batch.shape().rank() == IMAGE_RANK;
  }

  private static Stream<Tensor> chosen(List<Tensor> tensors, List<Boolean> which) {
    return IntStream.range(0, tensors.size()).filter(which::get).mapToObj(tensors::get);
  }

  private static int gcd(int a, int b) {
    return b == 0 ? a : gcd(b, a % b);
  }

  private List<Tensor> moved(List<Tensor> tensors, List<Boolean> which) {
    return IntStream.range(0, tensors.size())
        .mapToObj(i -> which.get(i) ? moved(tensors.get(i)) : tensors.get(i))
        .toList();
  }

  private Tensor moved(Tensor batch) {
    Shape shape = batch.shape();
    if (shape.rank() == IMAGE_RANK - 1) {
      Shape image = Shape.of(shape.dim(0), shape.dim(1), shape.dim(2), 1);
      return moved(batch.reshape(image)).reshape(shape);
    }
    SplittableRandom random = new SplittableRandom(seed);
    int height = shape.dim(1);
    int width = shape.dim(2);
    float[] to = new float[batch.values().length];
    for (int n = 0; n < shape.dim(0); n++) {
      boolean flip = random.nextBoolean();
      int down = shift(random, rows) * (height / rows);
      int right = shift(random, columns) * (width / columns);
      int base = n * height * width * shape.last();
      move(batch.values(), to, base, shape, flip, down, right);
    }
    return new Tensor(shape, to);
  }

  private int shift(SplittableRandom random, int steps) {
    return shifts ? random.nextInt(-(steps / SHIFT), steps / SHIFT + 1) : 0;
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
