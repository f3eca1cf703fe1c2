package dev.secateur.graph;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The dimensions of a tensor, outermost first; the batch dimension of a value is UNKNOWN. */
public record Shape(List<Integer> dims) {
  /** A dimension that is known only when the network runs. */
  public static final int UNKNOWN = -1;

  public Shape {
    dims = List.copyOf(dims);
  }

  public static Shape of(int... dims) {
    return new Shape(IntStream.of(dims).boxed().toList());
  }

  public int rank() {
    return dims.size();
  }

  /** The dimension at {@code axis}; negative axes count from the end. */
  public int dim(int axis) {
    return dims.get(axis < 0 ? axis + rank() : axis);
  }

  public int last() {
    return dim(-1);
  }

  /** Number of elements; an unknown dimension counts as one, so this is the size per sample. */
  public long size() {
    return dims.stream().mapToLong(d -> d == UNKNOWN ? 1 : d).reduce(1, Math::multiplyExact);
  }

  public Shape with(int axis, int dim) {
    int[] copy = toArray();
    copy[axis < 0 ? axis + rank() : axis] = dim;
    return of(copy);
  }

  /** This shape with its first dimension replaced: a value's shape at a given batch size. */
  public Shape withBatch(int batch) {
    return with(0, batch);
  }

  public int[] toArray() {
    return dims.stream().mapToInt(Integer::intValue).toArray();
  }

  public long[] toLongArray() {
    return dims.stream().mapToLong(Integer::longValue).toArray();
  }

  @Override
  public String toString() {
    return dims.stream()
        .map(d -> d == UNKNOWN ? "?" : d.toString())
        .collect(Collectors.joining("×", "(", ")"));
  }
}
