package dev.secateur.prune;

/** Whether the library that pruning computes with is there, and right. */
public final class LinearAlgebraCheck {
  private static final double TOLERANCE = 1e-12;

  private LinearAlgebraCheck() {}

  /**
   * Solves two equations.
   *
   * @return whether the solution is theirs
   * @throws LinkageError if the library is missing or does not fit this machine
   */
  public static boolean passes() {
    Matrix equations = new Matrix(2, 2, new double[] {2, 1, 1, 3});
    double[] x = LinearAlgebra.solve(equations, new Matrix(2, 1, new double[] {3, 5})).values();
    return Math.abs(x[0] - 0.8) < TOLERANCE && Math.abs(x[1] - 1.4) < TOLERANCE;
  }
}
