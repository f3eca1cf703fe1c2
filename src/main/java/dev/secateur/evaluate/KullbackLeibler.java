package dev.secateur.evaluate;

/**
 * The Kullback-Leibler divergence (1951) from the original's probabilities, in nats, as far as
 * eight bits tell: TensorFlow Lite's quantization specification fixes the scale of an INT8
 * softmax's and logistic's output at 1/256, so that less than half a step comes out as zero. To all
 * variants it is half a step: a smaller floor would charge that zero as a certainty that nobody
 * expressed, which on INT8 outweighs what quantizing changed.
 */
final class KullbackLeibler {
  private static final double HALF_STEP = 1.0 / 512;

  private KullbackLeibler() {}

  /**
   * Of one row of scores, each divided by the row's sum. A row of zeros says that every class is as
   * likely.
   *
   * @param at where the row begins in both
   */
  static double ofClasses(float[] original, float[] other, int at, int classes) {
    double originalSum = 0;
    double otherSum = 0;
    for (int i = at; i < at + classes; i++) {
      originalSum += original[i];
      otherSum += other[i];
    }
    double flooredOriginal = 0;
    double flooredOther = 0;
    double sum = 0;
    for (int i = at; i < at + classes; i++) {
      double p = floored(original[i] / originalSum);
      double q = floored(other[i] / otherSum);
      flooredOriginal += p;
      flooredOther += q;
      sum += p * Math.log(p / q);
    }
    return sum / flooredOriginal + Math.log(flooredOther / flooredOriginal);
  }

  /** Of one decision, whose probability of a one these are. */
  static double ofDecision(double original, double other) {
    double p = Math.min(floored(original), 1 - HALF_STEP);
    double q = Math.min(floored(other), 1 - HALF_STEP);
    return p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q));
  }

  private static double floored(double probability) {
    return probability > HALF_STEP ? Math.min(probability, 1) : HALF_STEP;
  }
}
