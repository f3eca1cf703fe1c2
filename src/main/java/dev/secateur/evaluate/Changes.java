package dev.secateur.evaluate;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * How far a mean recall that differs from the original's may do so by luck. Both answered the same
 * samples, so only those count of which exactly one is right (Q. McNemar, "Note on the sampling
 * error of the difference between correlated proportions or percentages", Psychometrika 12, 1947).
 */
final class Changes {
  private final long[] samples;
  private final long[] lost;
  private final long[] won;

  Changes(int classes) {
    this.samples = new long[classes];
    this.lost = new long[classes];
    this.won = new long[classes];
  }

  /** A sample of class {@code label}, answered rightly or wrongly before and after. */
  void add(int label, boolean before, boolean after) {
    samples[label]++;
    lost[label] += before && !after ? 1 : 0;
    won[label] += after && !before ? 1 : 0;
  }

  /** Of the difference of the mean recalls of the classes that occur; 0 where none does. */
  double standardError() {
    long occurring = Arrays.stream(samples).filter(n -> n > 0).count();
    double variance =
        IntStream.range(0, samples.length).filter(c -> samples[c] > 0).mapToDouble(this::of).sum();
    return occurring == 0 ? 0 : Math.sqrt(variance) / occurring;
  }

  private double of(int label) {
    double n = samples[label];
    double difference = won[label] - lost[label];
    return Math.max(0, won[label] + lost[label] - difference * difference / n) / (n * n);
  }
}
