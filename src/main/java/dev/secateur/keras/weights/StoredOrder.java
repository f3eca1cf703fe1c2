package dev.secateur.keras.weights;

import dev.secateur.graph.Shape;
import java.util.List;

/**
 * The axes that a weight has in its file, where they are not those that it is computed with.
 *
 * @param shape in the file
 * @param split the same numbers, one axis of the file's perhaps as several
 * @param axes of {@code split}, in the order in which the weight has them
 */
public record StoredOrder(Shape shape, Shape split, List<Integer> axes) {
  public StoredOrder {
    axes = List.copyOf(axes);
  }

  /** Of a weight of this shape, whose axis i is the file's axis {@code axes[i]}. */
  public static StoredOrder of(Shape weight, List<Integer> axes) {
    int[] stored = new int[weight.rank()];
    for (int i = 0; i < stored.length; i++) {
      stored[axes.get(i)] = weight.dim(i);
    }
    Shape shape = Shape.of(stored);
    return new StoredOrder(shape, shape, axes);
  }

  /** Puts numbers in the file's order into the weight's. */
  void rearrange(float[] values) {
    float[] stored = values.clone();
    int rank = split.rank();
    int[] strides = new int[rank]; // of the file's axes, in the order of the weight's
    int[] sizes = new int[rank];
    for (int i = 0; i < rank; i++) {
      int axis = axes.get(i);
      sizes[i] = split.dim(axis);
      strides[i] = 1;
      for (int j = axis + 1; j < rank; j++) {
        strides[i] *= split.dim(j);
      }
    }
    int[] index = new int[rank];
    int from = 0;
    for (int to = 0; to < values.length; to++) {
      values[to] = stored[from];
      for (int i = rank - 1; i >= 0; i--) {
        from += strides[i];
        if (++index[i] < sizes[i]) {
          break;
        }
        from -= strides[i] * sizes[i];
        index[i] = 0;
      }
    }
  }
}
