package dev.secateur.worker;

import io.quarkus.runtime.configuration.DurationConverter;
import java.time.Duration;

/** Durations as the configuration writes them, such as {@code 500ms}, {@code 10s}, {@code 4h}. */
public final class Durations {
  private Durations() {}

  /**
   * @throws IllegalArgumentException if {@code text} is no duration
   */
  public static Duration of(String text) {
    return DurationConverter.parseDuration(text);
  }
}
