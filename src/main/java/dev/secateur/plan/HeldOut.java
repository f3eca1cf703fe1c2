package dev.secateur.plan;

import com.fasterxml.jackson.databind.EnumNamingStrategies;
import com.fasterxml.jackson.databind.annotation.EnumNaming;

/**
 * Samples that nothing is fitted to: taken evenly from the training set or, where nothing is
 * trained, from what the weights are reconstructed on.
 *
 * @param samples how many, but no more than a fifth of the set
 * @param judge what is judged on them, in place of the evaluation set
 */
public record HeldOut(int samples, Judged judge) {
  /** What is judged on samples that are held out. */
  @EnumNaming(EnumNamingStrategies.KebabCaseStrategy.class)
  public enum Judged {
    /** Nothing: all is judged on the evaluation set. */
    NOTHING,
    /** All variants. */
    VARIANTS,
    /** The variant that decides, alone: a trial of a search needs no more. */
    DECIDING
  }

  public HeldOut {
    if (samples < 1) {
      throw new IllegalArgumentException("samples: must be 1 or more");
    }
  }
}
