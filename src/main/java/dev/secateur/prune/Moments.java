package dev.secateur.prune;

import dev.secateur.graph.Graph;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * First and second moments of what a layer reads in the pruned network, x̂, and of what it should
 * say, y: its output in the original, plus what the other operand of the addition behind it has
 * lost. Centred where the layer can add a constant, so that the constant is free.
 *
 * @param h mean of x̂x̂ᵀ
 * @param c mean of x̂yᵀ
 * @param inputMean of x̂
 * @param outputMean of y
 */
record Moments(Matrix h, Matrix c, double[] inputMean, double[] outputMean) {
  private static final int CHUNK = 1024;

  /** Of a value's square: what summing thousands of them leaves unsure, and much more. */
  private static final double ROUNDING = 1e-9;

  /** Above so many inputs, matrices are so large that no two are in the making at once. */
  static final int WIDE = 1600;

  /**
   * A layer in a network, and what it reads there.
   *
   * @param rows the positions that are looked at, the same in both networks
   */
  record Side(PrunableLayer layer, Graph graph, SampledRows rows, Activations values) {
    private Matrix inputs(int from, int to) {
      return rows.inputs(values.value(layer.node().input(0)), from, to);
    }

    private Matrix outputs(String value, int from, int to) {
      return rows.outputs(values.value(value), from, to);
    }
  }

  /**
   * Of a layer that has the same shape in both networks.
   *
   * @param before the original's values, up to the layer's node
   * @param now the other's, likewise
   */
  static Moments of(
      PrunableLayer layer, Graph original, Activations before, Activations now, int threads) {
    SampledRows rows = new SampledRows(layer, original, before);
    return of(
        new Side(layer, original, rows, before),
        new Side(layer, original, rows, now),
        IntStream.range(0, layer.columns(original)).toArray(),
        threads);
  }

  /**
   * @param before the layer in the original
   * @param now the layer in the network pruned so far
   * @param columns outputs of the original's layer that the other still has
   */
  static Moments of(Side before, Side now, int[] columns, int threads) {
    Sums all = new Sums(before, now, columns);
    all.add(0, before.rows().count(), threads);
    return all.moments();
  }

  /** Of each half of the samples, and of all. */
  static List<Moments> ofHalves(Side before, Side now, int[] columns) {
    int count = before.rows().count();
    Sums first = new Sums(before, now, columns);
    first.add(0, count / 2, 1);
    Sums second = new Sums(before, now, columns);
    second.add(count / 2, count, 1);
    List<Moments> halves = List.of(first.moments(), second.moments());
    first.add(second);
    return List.of(halves.get(0), halves.get(1), first.moments());
  }

  private static final class Sums {
    private final Side before;
    private final Side now;
    private final int[] columns;
    private final Matrix weights;
    private final Matrix h;
    private final Matrix c;
    private final double[] inputs;
    private final double[] outputs;
    private int count;

    private Sums(Sums like, Matrix h, Matrix c, double[] inputs, double[] outputs, int count) {
      this.before = like.before;
      this.now = like.now;
      this.columns = like.columns;
      this.weights = like.weights;
      this.h = h;
      this.c = c;
      this.inputs = inputs;
      this.outputs = outputs;
      this.count = count;
    }

    Sums(Side before, Side now, int[] columns) {
      this.before = before;
      this.now = now;
      this.columns = columns;
      this.weights = before.layer().folded(before.graph());
      int rows = now.layer().rows(now.graph());
      this.h = Matrix.zeros(rows, rows);
      this.c = Matrix.zeros(rows, columns.length);
      this.inputs = new double[rows];
      this.outputs = new double[columns.length];
    }

    void add(int begin, int end, int threads) {
      if (threads == 1 || h.rows() > WIDE) {
        for (int from = begin; from < end; from += CHUNK) {
          add(sums(from, Math.min(from + CHUNK, end)));
        }
        return;
      }
      try (Workers workers = new Workers(threads)) {
        for (int wave = begin; wave < end; wave += threads * CHUNK) {
          List<Supplier<Sums>> chunks = new ArrayList<>();
          for (int from = wave; from < Math.min(wave + threads * CHUNK, end); from += CHUNK) {
            int first = from;
            chunks.add(() -> sums(first, Math.min(first + CHUNK, end)));
          }
          Workers.results(workers.start(chunks)).forEach(this::add);
        }
      }
    }

    private Sums sums(int from, int to) {
      Matrix x = now.inputs(from, to);
      Matrix y = LinearAlgebra.multiply(before.inputs(from, to), weights).columns(columns);
      Optional<String> skip = now.layer().skip();
      if (skip.isPresent()) {
        addDifference(
            y,
            before.outputs(skip.get(), from, to).columns(columns),
            now.outputs(skip.get(), from, to));
      }
      return new Sums(
          this,
          LinearAlgebra.gram(x),
          LinearAlgebra.multiplyTransposed(x, y),
          sum(x),
          sum(y),
          to - from);
    }

    void add(Sums other) {
      h.add(other.h);
      c.add(other.c);
      for (int i = 0; i < inputs.length; i++) {
        inputs[i] += other.inputs[i];
      }
      for (int j = 0; j < outputs.length; j++) {
        outputs[j] += other.outputs[j];
      }
      count += other.count;
    }

    Moments moments() {
      Matrix ofInputs = new Matrix(h.rows(), h.columns(), scaled(h.values()));
      Matrix ofBoth = new Matrix(c.rows(), c.columns(), scaled(c.values()));
      double[] inputMean = scaled(inputs);
      double[] outputMean = scaled(outputs);
      if (now.layer().hasOffset()) {
        double[] uncentred = diagonal(ofInputs);
        centre(ofInputs, inputMean, inputMean);
        keepDefinite(ofInputs, uncentred);
        centre(ofBoth, inputMean, outputMean);
      }
      return new Moments(ofInputs, ofBoth, inputMean, outputMean);
    }

    private double[] scaled(double[] sums) {
      double[] means = sums.clone();
      for (int i = 0; i < means.length; i++) {
        means[i] *= 1.0 / count;
      }
      return means;
    }
  }

  boolean finite() {
    return DoubleStream.of(h.values()).allMatch(Double::isFinite)
        && DoubleStream.of(c.values()).allMatch(Double::isFinite);
  }

  Means means() {
    return new Means(inputMean, outputMean);
  }

  double[] offset(Matrix weights) {
    return means().offset(weights);
  }

  /** The first moments, which take no memory to speak of. */
  record Means(double[] inputs, double[] outputs) {
    /** What must be added to each output so that its mean is the target's. */
    double[] offset(Matrix weights) {
      double[] offset = outputs.clone();
      for (int i = 0; i < weights.rows(); i++) {
        for (int j = 0; j < offset.length; j++) {
          offset[j] -= inputs[i] * weights.at(i, j);
        }
      }
      return offset;
    }
  }

  private static void addDifference(Matrix y, Matrix before, Matrix now) {
    for (int i = 0; i < y.values().length; i++) {
      y.values()[i] += before.values()[i] - now.values()[i];
    }
  }

  private static double[] sum(Matrix rows) {
    double[] sums = new double[rows.columns()];
    double[] values = rows.values();
    for (int at = 0; at < values.length; at += sums.length) {
      for (int j = 0; j < sums.length; j++) {
        sums[j] += values[at + j];
      }
    }
    return sums;
  }

  /**
   * What hardly varies has no variance but rounding's, of whatever sign: no less than what rounding
   * can leave beside it.
   */
  private static void keepDefinite(Matrix moments, double[] uncentred) {
    for (int i = 0; i < uncentred.length; i++) {
      int at = i * moments.columns() + i;
      moments.values()[at] = Math.max(moments.values()[at], ROUNDING * uncentred[i]);
    }
  }

  private static double[] diagonal(Matrix square) {
    double[] diagonal = new double[square.rows()];
    for (int i = 0; i < diagonal.length; i++) {
      diagonal[i] = square.at(i, i);
    }
    return diagonal;
  }

  private static void centre(Matrix moments, double[] left, double[] right) {
    for (int i = 0; i < left.length; i++) {
      for (int j = 0; j < right.length; j++) {
        moments.values()[i * right.length + j] -= left[i] * right[j];
      }
    }
  }
}
