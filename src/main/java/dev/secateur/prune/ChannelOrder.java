package dev.secateur.prune;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The order in which the units of a group go: first those whose loss the kernels that read them can
 * best make up for (OBS: B. Hassibi, D. Stork, "Second order derivatives for network pruning", NIPS
 * 1992; whole channels at once: E. Kurtic et al., "The Optimal BERT Surgeon", 2022,
 * arXiv:2203.07259). Of a reader with weights W and inputs of second moment H, {@code A = (H +
 * λI)⁻¹}, losing rows S costs {@code Σ_j q_j·W_Sjᵀ·(A_SS)⁻¹·W_Sj}; q is the information in its
 * outputs. A few units go at a time; then A and W are what they are without them.
 */
final class ChannelOrder {
  /** Of the group's units that go between two looks. */
  private static final double STEP = 0.06;

  /** Units that are never ordered: a group keeps them. */
  private static final double LEAST = 0.1;

  /** λ over the mean of H's diagonal. */
  private static final double RIDGE = 0.1;

  /** Above so many rows of one unit, they are looked at one by one. */
  private static final int MOST_ROWS = 128;

  /**
   * One kernel that reads the group.
   *
   * @param h second moment of its inputs; empty (0×0) where that is too large, then {@code
   *     diagonal} counts alone
   * @param diagonal of h
   * @param information q, a number an output
   */
  record Reader(
      int[] unitOfRow, Matrix weights, Matrix h, double[] diagonal, double[] information) {}

  /** What has become of the weights when so many units are gone. */
  interface Watching {
    void at(int gone, List<Matrix> weights);
  }

  private final List<Reader> readers;
  private final List<double[]> weights = new ArrayList<>();
  private final List<double[]> inverses = new ArrayList<>();
  private final List<Map<Integer, int[]>> rows = new ArrayList<>();

  private ChannelOrder(List<Reader> readers) {
    this.readers = readers;
    for (Reader reader : readers) {
      weights.add(reader.weights().values().clone());
      inverses.add(reader.h().rows() == 0 ? new double[0] : inverse(reader.h()));
      Map<Integer, int[]> ofUnits = new HashMap<>();
      for (int r = 0; r < reader.unitOfRow().length; r++) {
        int row = r;
        ofUnits.merge(
            reader.unitOfRow()[r],
            new int[] {row},
            (a, b) -> {
              int[] both = Arrays.copyOf(a, a.length + 1);
              both[a.length] = row;
              return both;
            });
      }
      rows.add(ofUnits);
    }
  }

  private static double[] inverse(Matrix h) {
    int n = h.rows();
    double ridge = Math.max(RIDGE * h.meanOfDiagonal(), 1e-12);
    double[] damped = h.values().clone();
    Matrix identity = Matrix.zeros(n, n);
    for (int i = 0; i < n; i++) {
      damped[i * n + i] += ridge;
      identity.values()[i * n + i] = 1;
    }
    return LinearAlgebra.solve(new Matrix(n, n, damped), identity).values();
  }

  /**
   * @param units in the order of their channels
   * @param looks numbers of units gone, ascending, at which {@code watching} is told
   * @return the units, those first that go first; those that never go are last
   */
  static List<Integer> of(
      List<Reader> readers, List<Integer> units, int[] looks, Watching watching) {
    return new ChannelOrder(readers).order(units, looks, watching);
  }

  private List<Integer> order(List<Integer> units, int[] looks, Watching watching) {
    List<Integer> left = new ArrayList<>(units);
    List<Integer> gone = new ArrayList<>();
    int step = Math.max(1, (int) (STEP * units.size()));
    int most = units.size() - Math.max(1, (int) Math.ceil(LEAST * units.size()));
    int next = 0;
    while (gone.size() < most) {
      int until = next < looks.length ? Math.min(looks[next], most) : most;
      if (gone.size() >= until) {
        if (next >= looks.length) {
          break;
        }
        look(gone.size(), watching);
        next++;
        continue;
      }
      Map<Integer, Double> scores = new HashMap<>();
      left.forEach(u -> scores.put(u, score(u)));
      left.sort(Comparator.comparingDouble(scores::get));
      int count = Math.min(step, until - gone.size());
      List<Integer> going = List.copyOf(left.subList(0, count));
      left.subList(0, count).clear();
      going.forEach(gone::add);
      remove(going);
    }
    for (; next < looks.length; next++) {
      look(gone.size(), watching);
    }
    gone.addAll(left);
    return gone;
  }

  private void look(int gone, Watching watching) {
    List<Matrix> now = new ArrayList<>();
    for (int i = 0; i < readers.size(); i++) {
      Matrix before = readers.get(i).weights();
      now.add(new Matrix(before.rows(), before.columns(), weights.get(i).clone()));
    }
    watching.at(gone, now);
  }

  private double score(int unit) {
    double sum = 0;
    for (int i = 0; i < readers.size(); i++) {
      int[] s = rows.get(i).get(unit);
      if (s != null) {
        sum += inverses.get(i).length == 0 || s.length > MOST_ROWS ? alone(i, s) : joint(i, s);
      }
    }
    return sum;
  }

  private double alone(int reader, int[] s) {
    Reader of = readers.get(reader);
    int columns = of.weights().columns();
    double[] w = weights.get(reader);
    double sum = 0;
    for (int r : s) {
      double here = 0;
      for (int j = 0; j < columns; j++) {
        here += of.information()[j] * w[r * columns + j] * w[r * columns + j];
      }
      sum += here * of.diagonal()[r];
    }
    return sum;
  }

  /** {@code Σ_j q_j·‖L⁻¹·W_Sj‖²} with {@code A_SS = L·Lᵀ}. */
  private double joint(int reader, int[] s) {
    Reader of = readers.get(reader);
    int columns = of.weights().columns();
    int n = of.weights().rows();
    double[] a = inverses.get(reader);
    double[] w = weights.get(reader);
    double[][] l = new double[s.length][s.length];
    for (int i = 0; i < s.length; i++) {
      for (int j = 0; j <= i; j++) {
        double sum = a[s[i] * n + s[j]];
        for (int k = 0; k < j; k++) {
          sum -= l[i][k] * l[j][k];
        }
        l[i][j] = i == j ? Math.sqrt(Math.max(sum, 1e-18)) : sum / l[j][j];
      }
    }
    double score = 0;
    double[] y = new double[s.length];
    for (int j = 0; j < columns; j++) {
      double squares = 0;
      for (int i = 0; i < s.length; i++) {
        double sum = w[s[i] * columns + j];
        for (int k = 0; k < i; k++) {
          sum -= l[i][k] * y[k];
        }
        y[i] = sum / l[i][i];
        squares += y[i] * y[i];
      }
      score += of.information()[j] * squares;
    }
    return score;
  }

  private void remove(List<Integer> units) {
    for (int i = 0; i < readers.size(); i++) {
      Map<Integer, int[]> ofUnits = rows.get(i);
      int[] s =
          units.stream()
              .filter(ofUnits::containsKey)
              .flatMapToInt(u -> Arrays.stream(ofUnits.get(u)))
              .toArray();
      if (s.length > 0) {
        remove(i, s);
      }
    }
  }

  /** {@code W −= A_:S·(A_SS)⁻¹·W_S}, and A alike; then both have zeros at S. */
  private void remove(int reader, int[] s) {
    int columns = readers.get(reader).weights().columns();
    int n = readers.get(reader).weights().rows();
    double[] a = inverses.get(reader);
    double[] w = weights.get(reader);
    if (a.length > 0) {
      Matrix square = Matrix.zeros(s.length, s.length);
      Matrix right = Matrix.zeros(s.length, n + columns);
      Matrix column = Matrix.zeros(n, s.length);
      for (int p = 0; p < s.length; p++) {
        for (int q = 0; q < s.length; q++) {
          square.values()[p * s.length + q] = a[s[p] * n + s[q]];
        }
        System.arraycopy(a, s[p] * n, right.values(), p * (n + columns), n);
        System.arraycopy(w, s[p] * columns, right.values(), p * (n + columns) + n, columns);
        for (int r = 0; r < n; r++) {
          column.values()[r * s.length + p] = a[r * n + s[p]];
        }
      }
      Matrix less = LinearAlgebra.multiply(column, LinearAlgebra.solve(square, right));
      for (int r = 0; r < n; r++) {
        for (int c = 0; c < n; c++) {
          a[r * n + c] -= less.at(r, c);
        }
        for (int c = 0; c < columns; c++) {
          w[r * columns + c] -= less.at(r, n + c);
        }
      }
    }
    for (int r : s) {
      Arrays.fill(w, r * columns, (r + 1) * columns, 0);
      for (int c = 0; c < n && a.length > 0; c++) {
        a[r * n + c] = 0;
        a[c * n + r] = 0;
      }
    }
  }
}
