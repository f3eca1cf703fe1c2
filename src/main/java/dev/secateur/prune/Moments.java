package dev.secateur.prune;

import dev.secateur.graph.Graph;
import java.util.Optional;
import java.util.stream.DoubleStream;

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

  static Moments of(
      LinearAlgebra algebra,
      PrunableLayer layer,
      Graph original,
      SampledRows rows,
      Activations before,
      Activations now) {
    Matrix weights = layer.folded(original);
    String input = layer.node().input(0);
    Matrix h = Matrix.zeros(weights.rows(), weights.rows());
    Matrix c = Matrix.zeros(weights.rows(), weights.columns());
    double[] inputs = new double[weights.rows()];
    double[] outputs = new double[weights.columns()];
    for (int from = 0; from < rows.count(); from += CHUNK) {
      int to = Math.min(from + CHUNK, rows.count());
      Matrix x = rows.inputs(now.value(input), from, to);
      Matrix y = algebra.multiply(rows.inputs(before.value(input), from, to), weights);
      Optional<String> skip = layer.skip();
      if (skip.isPresent()) {
        addDifference(
            y,
            rows.outputs(before.value(skip.get()), from, to),
            rows.outputs(now.value(skip.get()), from, to));
      }
      h.add(algebra.multiplyTransposed(x, x));
      c.add(algebra.multiplyTransposed(x, y));
      sum(x, inputs);
      sum(y, outputs);
    }
    scale(h.values(), 1.0 / rows.count());
    scale(c.values(), 1.0 / rows.count());
    scale(inputs, 1.0 / rows.count());
    scale(outputs, 1.0 / rows.count());
    if (layer.hasOffset()) {
      centre(h, inputs, inputs);
      centre(c, inputs, outputs);
    }
    return new Moments(h, c, inputs, outputs);
  }

  boolean finite() {
    return DoubleStream.of(h.values()).allMatch(Double::isFinite)
        && DoubleStream.of(c.values()).allMatch(Double::isFinite);
  }

  /** What must be added to each output so that its mean is the target's. */
  double[] offset(Matrix weights) {
    double[] offset = outputMean.clone();
    for (int i = 0; i < weights.rows(); i++) {
      for (int j = 0; j < offset.length; j++) {
        offset[j] -= inputMean[i] * weights.at(i, j);
      }
    }
    return offset;
  }

  private static void addDifference(Matrix y, Matrix before, Matrix now) {
    for (int i = 0; i < y.values().length; i++) {
      y.values()[i] += before.values()[i] - now.values()[i];
    }
  }

  private static void sum(Matrix rows, double[] sums) {
    for (int i = 0; i < rows.values().length; i++) {
      sums[i % sums.length] += rows.values()[i];
    }
  }

  private static void scale(double[] values, double factor) {
    for (int i = 0; i < values.length; i++) {
      values[i] *= factor;
    }
  }

  private static void centre(Matrix moments, double[] left, double[] right) {
    for (int i = 0; i < left.length; i++) {
      for (int j = 0; j < right.length; j++) {
        moments.values()[i * right.length + j] -= left[i] * right[j];
      }
    }
  }
}
