package dev.secateur.evaluate;

import java.util.Optional;

/**
 * How far accuracy is expected to fall by the original's own probabilities: where a variant decides
 * otherwise, by so much as the original holds its own decision to be likelier. A label is one draw
 * from what these say, so that counting labels has several times the error; and of samples that the
 * original was trained on it knows the labels by heart, which tells of no others.
 *
 * <p>Told only of an original that is right about as often as it says, on the samples that it is
 * told of: not every network is (C. Guo et al., "On Calibration of Modern Neural Networks", 2017).
 */
final class ExpectedDrop {
  /** How far the mean confidence may be from the accuracy. */
  private static final double CALIBRATED = 0.05;

  private double confidence;
  private double drop;
  private long right;
  private long decisions;

  /**
   * @param own the original's probability of what it decided
   * @param named its probability of what the variant decided
   * @param wasRight whether the original was
   */
  void add(double own, double named, boolean wasRight) {
    confidence += own;
    drop += own - named;
    right += wasRight ? 1 : 0;
    decisions++;
  }

  /** As a fraction; empty where nothing was added, or the original's confidence tells nothing. */
  Optional<Double> value() {
    boolean calibrated = Math.abs(confidence - right) <= CALIBRATED * decisions;
    return decisions > 0 && calibrated ? Optional.of(drop / decisions) : Optional.empty();
  }
}
