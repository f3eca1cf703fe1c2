package dev.secateur.prune;

import dev.secateur.graph.Grid;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * One layer's rounding as a quadratic problem: whole numbers q in [−most, most] and a step s, one
 * for each column or one for all, that minimise {@code s²·qᵀAq − 2s·qᵀR} summed over the columns. A
 * and R are those of {@link LayerProblem}: s·q stands in the place of the weights that would give
 * the original's outputs on the inputs that the layer has now. Entries that are zero in the
 * original stay zero.
 *
 * <p>For each of twelve steps, q starts from {@code W* = A⁻¹R}, rounded entry by entry with the
 * error of each carried over to those that follow (GPTQ: E. Frantar et al., "GPTQ: Accurate
 * Post-Training Quantization for Generative Pre-trained Transformers", 2022, arXiv:2210.17323), and
 * then falls by coordinate descent, after each pass of which the step is the best for its q.
 */
final class RoundingProblem {
  /**
   * @param weights rows×columns: the whole numbers times their steps
   * @param steps one a column, or one
   */
  record Solution(Matrix weights, List<Float> steps) {}

  private static final int STEPS = 12;
  private static final double SMALLEST_STEP = 0.45;
  private static final int PASSES = 6;

  /**
   * Above so many rows, W* costs too much time and memory: q starts from the original's weights.
   */
  private static final int MOST_ROWS = 2304;

  /** Columns with zeros of their own each need a factorization: above so many rows, likewise. */
  private static final int MOST_ROWS_APART = 640;

  private final Matrix a;
  private final Matrix r;
  private final Matrix original;

  private Form whole;
  private Form last;
  private BitSet lastSupport;

  /**
   * @param h rows×rows, taken over: it becomes A
   * @param c rows×columns
   * @param original W₀, rows×columns
   */
  RoundingProblem(Matrix h, Matrix c, Matrix original) {
    this.original = original;
    double lambda = Math.max(LayerProblem.RIDGE * h.meanOfDiagonal(), 1e-12);
    for (int i = 0; i < h.rows(); i++) {
      h.values()[i * h.rows() + i] += lambda;
    }
    this.a = h;
    double[] right = c.values().clone();
    for (int i = 0; i < right.length; i++) {
      right[i] += lambda * original.values()[i];
    }
    this.r = new Matrix(c.rows(), c.columns(), right);
  }

  /**
   * @param shared one step for all columns
   */
  Solution solve(int most, boolean shared) {
    int count = original.columns();
    Rounded[] best = new Rounded[count];
    if (shared) {
      Column[] columns = new Column[count];
      for (int j = 0; j < count; j++) {
        columns[j] = Column.of(whole(), r, original, j);
      }
      best = together(columns, most);
    } else {
      for (int j = 0; j < count; j++) {
        best[j] = together(new Column[] {Column.of(form(j), r, original, j)}, most)[0];
      }
    }
    List<Float> steps = Arrays.stream(best).map(b -> Grid.brief(b.step())).toList();
    Matrix weights = Matrix.zeros(original.rows(), count);
    for (int j = 0; j < count; j++) {
      int[] rows = best[j].rows();
      for (int i = 0; i < rows.length; i++) {
        weights.values()[rows[i] * count + j] = best[j].q()[i] * (double) steps.get(j);
      }
    }
    return new Solution(weights, shared ? steps.subList(0, 1) : steps);
  }

  private Form whole() {
    if (whole == null) {
      BitSet all = new BitSet();
      all.set(0, original.rows());
      whole = Form.of(a, all, original.rows() <= MOST_ROWS);
    }
    return whole;
  }

  /** A on the rows where a column may be other than zero. Neighbours often share theirs. */
  private Form form(int column) {
    BitSet support = new BitSet();
    for (int i = 0; i < original.rows(); i++) {
      support.set(i, original.at(i, column) != 0);
    }
    if (support.cardinality() == original.rows() || original.rows() > MOST_ROWS_APART) {
      return whole();
    }
    if (last == null || !support.equals(lastSupport)) {
      last = Form.of(a, support, true);
      lastSupport = support;
    }
    return last;
  }

  /** The best of the steps for columns that share it. */
  private static Rounded[] together(Column[] columns, int most) {
    double largest = 0;
    for (Column column : columns) {
      for (double w : column.wanted()) {
        largest = Math.max(largest, Math.abs(w));
      }
    }
    // A channel that is all zero has a step as well: one that its bias can be written in.
    double full = Math.max(largest, 5e-7) / most;
    Rounded[] best = null;
    double least = Double.POSITIVE_INFINITY;
    for (int t = 0; t < STEPS; t++) {
      double factor = SMALLEST_STEP + (1 - SMALLEST_STEP) * t / (STEPS - 1);
      Rounded[] rounded = rounded(columns, factor * full, most);
      double cost = Arrays.stream(rounded).mapToDouble(Rounded::cost).sum();
      if (best == null || cost < least) {
        least = cost;
        best = rounded;
      }
    }
    return best;
  }

  private static Rounded[] rounded(Column[] columns, double first, int most) {
    Descent[] descents = new Descent[columns.length];
    for (int j = 0; j < descents.length; j++) {
      descents[j] = new Descent(columns[j], first, most);
    }
    double step = first;
    for (int pass = 0; pass < PASSES; pass++) {
      boolean moved = false;
      for (Descent descent : descents) {
        moved |= descent.pass();
      }
      step = refit(descents, step);
      if (!moved) {
        break;
      }
    }
    double last = step;
    return Arrays.stream(descents).map(d -> d.result(last)).toArray(Rounded[]::new);
  }

  /** {@code qᵀR / qᵀAq}: the best step for what the columns are now. */
  private static double refit(Descent[] descents, double step) {
    double linear = 0;
    double square = 0;
    for (Descent descent : descents) {
      linear += descent.linear();
      square += descent.square();
    }
    double best = square > 0 && linear > 0 ? linear / square : step;
    for (Descent descent : descents) {
      descent.to(best);
    }
    return best;
  }

  /**
   * A on a set of rows, ordered by its falling diagonal.
   *
   * @param rows in that order
   * @param upper U of {@code A⁻¹ = UᵀU}; empty where it costs too much
   */
  private record Form(int[] rows, double[] a, double[] upper) {
    static Form of(Matrix all, BitSet support, boolean factored) {
      int n = support.cardinality();
      int[] rows =
          support.stream()
              .boxed()
              .sorted((p, q) -> Double.compare(all.at(q, q), all.at(p, p)))
              .mapToInt(Integer::intValue)
              .toArray();
      double[] a = new double[n * n];
      for (int i = 0; i < n; i++) {
        for (int k = 0; k < n; k++) {
          a[i * n + k] = all.at(rows[i], rows[k]);
        }
      }
      if (n == 0 || !factored) {
        return new Form(rows, a, new double[0]);
      }
      double[] identity = new double[n * n];
      for (int i = 0; i < n; i++) {
        identity[i * n + i] = 1;
      }
      Matrix inverse = LinearAlgebra.solve(new Matrix(n, n, a), new Matrix(n, n, identity));
      Matrix lower = LinearAlgebra.cholesky(inverse);
      double[] upper = new double[n * n];
      for (int i = 0; i < n; i++) {
        for (int k = i; k < n; k++) {
          upper[i * n + k] = lower.at(k, i);
        }
      }
      return new Form(rows, a, upper);
    }
  }

  /**
   * @param r of its rows
   * @param free which of them may be other than zero
   * @param wanted W* where the form is factored and all are free, else the original's weights
   */
  private record Column(Form form, double[] r, boolean[] free, double[] wanted) {
    static Column of(Form form, Matrix r, Matrix original, int column) {
      int n = form.rows().length;
      double[] here = new double[n];
      double[] wanted = new double[n];
      boolean[] free = new boolean[n];
      boolean all = true;
      for (int i = 0; i < n; i++) {
        here[i] = r.at(form.rows()[i], column);
        wanted[i] = original.at(form.rows()[i], column);
        free[i] = wanted[i] != 0;
        all &= free[i];
      }
      boolean solved = all && form.upper().length > 0;
      return new Column(form, here, free, solved ? solved(form.upper(), here) : wanted);
    }

    /** U where errors can be carried over; empty elsewhere. */
    double[] carrying() {
      for (boolean f : free) {
        if (!f) {
          return new double[0];
        }
      }
      return form.upper();
    }

    /** {@code A⁻¹r = Uᵀ(U·r)}. */
    private static double[] solved(double[] upper, double[] r) {
      int n = r.length;
      double[] x = new double[n];
      for (int i = 0; i < n; i++) {
        double sum = 0;
        for (int k = i; k < n; k++) {
          sum += upper[i * n + k] * r[k];
        }
        for (int k = i; k < n; k++) {
          x[k] += upper[i * n + k] * sum;
        }
      }
      return x;
    }
  }

  private record Rounded(int[] rows, int[] q, double step, double cost) {}

  /** A column on its way: q, and the gradient {@code R − s·Aq}. */
  private static final class Descent {
    private final Column column;
    private final int most;
    private final int[] q;
    private final double[] gradient;
    private double step;

    Descent(Column column, double step, int most) {
      this.column = column;
      this.most = most;
      this.step = step;
      this.q = start();
      this.gradient = column.r().clone();
      for (int i = 0; i < q.length; i++) {
        move(i, q[i]);
      }
    }

    private int[] start() {
      double[] w = column.wanted().clone();
      double[] upper = column.carrying();
      int n = w.length;
      int[] rounded = new int[n];
      for (int i = 0; i < n; i++) {
        rounded[i] = clipped(w[i] / step);
        if (upper.length > 0) {
          double error = (w[i] - step * rounded[i]) / upper[i * n + i];
          for (int k = i + 1; k < n; k++) {
            w[k] -= error * upper[i * n + k];
          }
        }
      }
      return rounded;
    }

    private int clipped(double value) {
      return (int) Math.max(-most, Math.min(most, Math.round(value)));
    }

    private void move(int row, int by) {
      double[] a = column.form().a();
      double change = step * by;
      int at = row * gradient.length;
      if (change != 0) {
        for (int k = 0; k < gradient.length; k++) {
          gradient[k] -= change * a[at + k];
        }
      }
    }

    /** Each entry in turn to its best value; whether any moved. */
    boolean pass() {
      double[] a = column.form().a();
      int n = q.length;
      boolean moved = false;
      for (int i = 0; i < n; i++) {
        if (!column.free()[i]) {
          continue;
        }
        int best = clipped(q[i] + gradient[i] / (a[i * n + i] * step));
        if (best != q[i]) {
          move(i, best - q[i]);
          q[i] = best;
          moved = true;
        }
      }
      return moved;
    }

    double linear() {
      double sum = 0;
      for (int i = 0; i < q.length; i++) {
        sum += q[i] * column.r()[i];
      }
      return sum;
    }

    double square() {
      double sum = 0;
      for (int i = 0; i < q.length; i++) {
        sum += q[i] * (column.r()[i] - gradient[i]) / step;
      }
      return sum;
    }

    void to(double next) {
      for (int i = 0; i < gradient.length; i++) {
        gradient[i] = column.r()[i] - (column.r()[i] - gradient[i]) * next / step;
      }
      step = next;
    }

    Rounded result(double last) {
      return new Rounded(
          column.form().rows(), q, last, last * last * square() - 2 * last * linear());
    }
  }
}
