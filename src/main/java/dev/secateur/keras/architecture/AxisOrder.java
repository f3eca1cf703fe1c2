package dev.secateur.keras.architecture;

import dev.secateur.graph.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Where the axes of a value go when its channels, the first axis after the batch, become the last:
 * (N,C,H,W) to (N,H,W,C).
 *
 * @param rank with the batch, at least three
 */
record AxisOrder(int rank) {
  /** The place of an axis among the moved ones; negative ones count from the end. */
  int moved(int axis) {
    int given = axis < 0 ? axis + rank : axis;
    return given == 0 ? 0 : given == 1 ? rank - 1 : given - 1;
  }

  /** The axis that was moved to this place. */
  int given(int axis) {
    return axis == 0 ? 0 : axis == rank - 1 ? 1 : axis + 1;
  }

  boolean contains(int axis) {
    int given = axis < 0 ? axis + rank : axis;
    return given >= 1 && given < rank;
  }

  /** {@code dims} of a Permute that moves the channels to the end. */
  List<Integer> toLast() {
    return IntStream.range(1, rank).map(this::given).boxed().toList();
  }

  /** {@code dims} of a Permute that moves them back. */
  List<Integer> toFirst() {
    return IntStream.range(1, rank).map(this::moved).boxed().toList();
  }

  /** A shape with the batch, its channels moved to the end. */
  static Shape channelsLast(Shape given) {
    return new Shape(channelsLast(given.dims()));
  }

  static <T> List<T> channelsLast(List<T> given) {
    List<T> moved = new ArrayList<>(given);
    moved.add(moved.remove(1));
    return moved;
  }
}
