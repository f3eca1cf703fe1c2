package dev.secateur.train;

import dev.secateur.dataset.Dataset;
import dev.secateur.dataset.Target;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.plan.Preprocessing;
import java.util.List;
import java.util.Random;

/** Samples in memory. */
record ArrayDataset(Shape shape, float[] values, int[] labels) implements Dataset {
  /** Images whose class is the quadrant that is bright; labels 0 to 3. */
  static ArrayDataset quadrants(int samples, boolean labelled) {
    Random random = new Random(3);
    float[] values = new float[samples * 8 * 8 * 3];
    int[] labels = new int[samples];
    for (int i = 0; i < samples; i++) {
      labels[i] = random.nextInt(4);
      for (int p = 0; p < 8 * 8 * 3; p++) {
        int quadrant = p / 3 / 8 / 4 * 2 + p / 3 % 8 / 4;
        values[i * 192 + p] = (float) (random.nextGaussian() + (quadrant == labels[i] ? 1.5 : 0));
      }
    }
    return new ArrayDataset(Shape.of(-1, 8, 8, 3), values, labelled ? labels : new int[0]);
  }

  @Override
  public int size() {
    return (int) (values.length / shape.size());
  }

  @Override
  public List<Shape> inputs() {
    return List.of(shape);
  }

  @Override
  public List<Target> targets() {
    return labels.length == 0
        ? List.of()
        : List.of(
            new Target(
                "y", Target.Form.CLASSES, Shape.of(-1), new Target.Content(false, false, true)));
  }

  @Override
  public List<String> classes() {
    return List.of();
  }

  @Override
  public Batch batch(int[] indices) {
    int each = (int) shape.size();
    float[] x = new float[indices.length * each];
    float[] y = new float[indices.length];
    for (int i = 0; i < indices.length; i++) {
      System.arraycopy(values, indices[i] * each, x, i * each, each);
      if (labels.length > 0) {
        y[i] = labels[indices[i]];
      }
    }
    return new Batch(
        List.of(new Tensor(shape.withBatch(indices.length), x)),
        labels.length == 0 ? List.of() : List.of(Tensor.of(y, y.length)));
  }

  @Override
  public Dataset prepared(Preprocessing other) {
    throw new UnsupportedOperationException();
  }

  @Override
  public String digest() {
    return "digest";
  }

  @Override
  public void close() {}
}
