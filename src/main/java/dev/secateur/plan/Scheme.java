package dev.secateur.plan;

import com.fasterxml.jackson.databind.EnumNamingStrategies;
import com.fasterxml.jackson.databind.annotation.EnumNaming;
import java.util.Locale;

/**
 * What the numbers of a network become. Each scheme makes a variant and a file, both called as it
 * is.
 */
@EnumNaming(EnumNamingStrategies.KebabCaseStrategy.class)
public enum Scheme {
  /** Weights and activations are 8-bit integers: what every integer kernel computes. */
  INT8,
  /**
   * Kernels are 4-bit integers, two to a byte, found by reconstruction; activations are 8-bit ones.
   * For the built-in kernels and TFLite Micro.
   */
  INT4,
  /**
   * Kernels are 8-bit integers, activations float32: they are quantized while the network runs
   * ("dynamic range").
   */
  INT8_WEIGHTS,
  /** Weights are 16-bit floats, computed with as float32 where there is nothing else. */
  FLOAT16,
  /** Weights are 8-bit integers, activations 16-bit ones: nearly as exact as floats. */
  INT16X8;

  /** As in plans, variants and file names: {@code int8-weights}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The name of its file. */
  public String file() {
    return label() + ".tflite";
  }

  /** Whether activations become integers, by the ranges that they are seen to have. */
  public boolean calibrated() {
    return switch (this) {
      case INT8, INT4, INT16X8 -> true;
      case INT8_WEIGHTS, FLOAT16 -> false;
    };
  }
}
