package dev.secateur.tflite;

import dev.secateur.plan.FineTuning;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a compiled model says about its origin.
 *
 * @param engineVersion version of Secateur
 * @param planDigest SHA-256 of the canonical plan, lower-case hexadecimal; empty without a plan
 * @param losses that the Keras file was compiled with, by output, where the output's function does
 *     not say as much: whoever measures the compiled model takes its outputs for the same
 * @param usage for the files that are handed out
 */
public record ModelMetadata(
    String engineVersion,
    String planDigest,
    Map<String, FineTuning.Loss> losses,
    Optional<Usage> usage) {
  public ModelMetadata {
    losses = Collections.unmodifiableMap(new TreeMap<>(losses));
  }

  /** Of a network without losses. */
  public ModelMetadata(String engineVersion, String planDigest) {
    this(engineVersion, planDigest, Map.of(), Optional.empty());
  }
}
