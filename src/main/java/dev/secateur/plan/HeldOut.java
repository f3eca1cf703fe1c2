package dev.secateur.plan;

/**
 * Samples that nothing is fitted to: taken evenly from the training set or, where nothing is
 * trained, from what the weights are reconstructed on.
 *
 * @param samples how many, but no more than a fifth of the set
 * @param judge whether they are what the variants are judged on, in place of an evaluation set
 */
public record HeldOut(int samples, boolean judge) {
  public HeldOut {
    if (samples < 1) {
      throw new IllegalArgumentException("samples: must be 1 or more");
    }
  }
}
