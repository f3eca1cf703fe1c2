package dev.secateur.prune;

/**
 * Double-precision values in row-major order. Rooms outside see tensors only.
 *
 * @param values of length rows·columns, shared
 */
record Matrix(int rows, int columns, double[] values) {
  Matrix {
    if ((long) rows * columns != values.length) {
      throw new IllegalArgumentException(rows + "×" + columns + " of " + values.length);
    }
  }

  static Matrix zeros(int rows, int columns) {
    return new Matrix(rows, columns, new double[Math.multiplyExact(rows, columns)]);
  }

  double at(int row, int column) {
    return values[row * columns + column];
  }

  /** Some of the columns, in this order; this matrix where they are all of them. */
  Matrix columns(int[] chosen) {
    if (chosen.length == columns) {
      return this;
    }
    Matrix some = zeros(rows, chosen.length);
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < chosen.length; j++) {
        some.values[i * chosen.length + j] = at(i, chosen[j]);
      }
    }
    return some;
  }

  /** Adds {@code other} to this one, in place. */
  void add(Matrix other) {
    for (int i = 0; i < values.length; i++) {
      values[i] += other.values[i];
    }
  }

  double meanOfDiagonal() {
    double sum = 0;
    for (int i = 0; i < rows; i++) {
      sum += at(i, i);
    }
    return sum / rows;
  }
}
