package dev.secateur.plan;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a measure must be.
 *
 * @param min least value
 * @param max largest value
 * @param maxDrop how far below the original's it may be; for measures of which more is better
 * @param maxRise how far above the original's it may be; for measures of which less is better
 */
@JsonInclude(JsonInclude.Include.NON_ABSENT)
public record Bound(
    Optional<Double> min,
    Optional<Double> max,
    Optional<Double> maxDrop,
    Optional<Double> maxRise) {
  private static final Optional<Double> NONE = Optional.empty();

  public Bound {
    if (Stream.of(min, max, maxDrop, maxRise).allMatch(Optional::isEmpty)) {
      throw new IllegalArgumentException("must have min, max, maxDrop or maxRise");
    }
    if (Stream.of(min, max, maxDrop, maxRise).anyMatch(v -> !Double.isFinite(v.orElse(0.0)))) {
      throw new IllegalArgumentException("must be finite numbers");
    }
    if (maxDrop.orElse(0.0) < 0 || maxRise.orElse(0.0) < 0) {
      throw new IllegalArgumentException("maxDrop and maxRise must be 0 or more");
    }
  }

  public static Bound min(double value) {
    return new Bound(Optional.of(value), NONE, NONE, NONE);
  }

  public static Bound max(double value) {
    return new Bound(NONE, Optional.of(value), NONE, NONE);
  }

  public static Bound maxDrop(double value) {
    return new Bound(NONE, NONE, Optional.of(value), NONE);
  }

  public static Bound maxRise(double value) {
    return new Bound(NONE, NONE, NONE, Optional.of(value));
  }
}
