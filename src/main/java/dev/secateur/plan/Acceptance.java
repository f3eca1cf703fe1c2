package dev.secateur.plan;

/**
 * The limits that the INT8 variant must meet, beside the original on the same evaluation set.
 *
 * @param maxAccuracyDrop top-1 of the original less top-1 of INT8, a fraction; for classifiers
 * @param maxLossIncrease loss of INT8 over the original's, less one; where there is no accuracy
 */
public record Acceptance(double maxAccuracyDrop, double maxLossIncrease) {
  public static final Acceptance DEFAULT = new Acceptance(0.02, 0.1);

  public Acceptance {
    if (!(maxAccuracyDrop >= 0 && maxAccuracyDrop <= 1)) {
      throw new IllegalArgumentException("maxAccuracyDrop: must be between 0 and 1");
    }
    if (!(maxLossIncrease >= 0) || !Double.isFinite(maxLossIncrease)) {
      throw new IllegalArgumentException("maxLossIncrease: must be 0 or more");
    }
  }
}
