package dev.secateur.evaluate;

/**
 * How far probabilities are from the original's, as far as eight bits tell: TensorFlow Lite fixes
 * the scale of an INT8 softmax's and logistic's output at 1/256, so that less than half a step
 * comes out as zero. To all variants it is half a step: a smaller floor would charge that zero as a
 * certainty that nobody expressed, which on INT8 outweighs what quantizing changed.
 */
final class Seen {
  private static final double HALF_STEP = 1.0 / 512;

  private Seen() {}

  /** The Kullback-Leibler divergence of a row's classes from the original's, in nats. */
  static double divergence(float[] original, float[] other, int at, int classes) {
    double originalSum = 0;
    double otherSum = 0;
    for (int i = at; i < at + classes; i++) {
      originalSum += original[i];
      otherSum += other[i];
    }
    double seenOfOriginal = 0;
    double seenOfOther = 0;
    double sum = 0;
    for (int i = at; i < at + classes; i++) {
      double p = floor(original[i] / originalSum);
      double q = floor(other[i] / otherSum);
      seenOfOriginal += p;
      seenOfOther += q;
      sum += p * Math.log(p / q);
    }
    return sum / seenOfOriginal + Math.log(seenOfOther / seenOfOriginal);
  }

  /** The same of one decision's probability. */
  static double divergence(double original, double other) {
    double p = Math.min(floor(original), 1 - HALF_STEP);
    double q = Math.min(floor(other), 1 - HALF_STEP);
    return p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q));
  }

  /** Of a row that is all zeros, every class is as likely. */
  private static double floor(double probability) {
    return probability > HALF_STEP ? Math.min(probability, 1) : HALF_STEP;
  }
}
