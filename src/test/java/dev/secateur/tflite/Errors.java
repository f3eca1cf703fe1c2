package dev.secateur.tflite;

import dev.secateur.graph.Tensor;

/** Distances between outputs. */
final class Errors {
  private Errors() {}

  static double range(Tensor t) {
    return range(t, t.values()[0]);
  }

  /** The extent of the values and {@code included}. */
  static double range(Tensor t, float included) {
    float min = included;
    float max = included;
    for (float v : t.values()) {
      min = Math.min(min, v);
      max = Math.max(max, v);
    }
    return max - min;
  }

  static double largest(Tensor a, Tensor b) {
    check(a, b);
    double largest = 0;
    for (int i = 0; i < a.values().length; i++) {
      double difference = Math.abs((double) a.values()[i] - b.values()[i]);
      // A NaN must not pass for a small difference.
      largest = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(largest, difference);
    }
    return largest;
  }

  static double rootMeanSquare(Tensor a, Tensor b) {
    check(a, b);
    double sum = 0;
    for (int i = 0; i < a.values().length; i++) {
      double difference = (double) a.values()[i] - b.values()[i];
      sum += difference * difference;
    }
    return Math.sqrt(sum / a.values().length);
  }

  /** How many samples have their largest output in the same place. */
  static int agreements(Tensor a, Tensor b) {
    check(a, b);
    int samples = a.shape().dim(0);
    int agree = 0;
    for (int i = 0; i < samples; i++) {
      agree += argMax(a, i) == argMax(b, i) ? 1 : 0;
    }
    return agree;
  }

  static int argMax(Tensor t, int sample) {
    int outputs = t.values().length / t.shape().dim(0);
    int best = 0;
    for (int j = 1; j < outputs; j++) {
      if (t.values()[sample * outputs + j] > t.values()[sample * outputs + best]) {
        best = j;
      }
    }
    return best;
  }

  private static void check(Tensor a, Tensor b) {
    if (!a.shape().equals(b.shape())) {
      throw new IllegalArgumentException(a.shape() + " and " + b.shape());
    }
  }
}
