package dev.secateur.job;

import java.util.Locale;

/** The steps of the chain, in their order. */
public enum Stage {
  LOAD,
  EVALUATE_ORIGINAL,
  FINE_TUNE,
  SAVE,
  CONVERT,
  QUANTIZE,
  EVALUATE,
  REPORT;

  /** As in reports, metrics and object names: {@code fine-tune}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
