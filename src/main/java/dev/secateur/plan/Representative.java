package dev.secateur.plan;

/**
 * How many samples calibrate the activation ranges: taken evenly over the representative set, or
 * over the training set where a job names none.
 */
public record Representative(int samples) {
  public static final Representative DEFAULT = new Representative(100);

  public Representative {
    if (samples < 1) {
      throw new IllegalArgumentException("samples: must be 1 or more");
    }
  }
}
