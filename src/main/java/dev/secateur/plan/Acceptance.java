package dev.secateur.plan;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import dev.secateur.plan.Measure.Direction;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The limits that the INT8 variant must meet, on the same evaluation set as the original. In JSON,
 * what came after the first version is left out where it is the default, so that the bytes of older
 * plans stay what they were.
 *
 * @param maxAccuracyDrop accuracy of the original less that of INT8, a fraction: top-1, accuracy of
 *     0/1 decisions, mean intersection over union; without targets, what may disagree
 * @param maxLossIncrease loss of INT8 over the original's, less one; where there is no accuracy
 * @param bounds on measures; an output that has some is judged by these alone
 * @param allowChance run and judge also an original that is no better than guessing
 */
public record Acceptance(
    double maxAccuracyDrop,
    double maxLossIncrease,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) @JsonSetter(nulls = Nulls.AS_EMPTY)
        Map<MeasureName, Bound> bounds,
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean allowChance) {
  public static final Acceptance DEFAULT = new Acceptance(0.02, 0.1);

  public Acceptance(double maxAccuracyDrop, double maxLossIncrease) {
    this(maxAccuracyDrop, maxLossIncrease, Map.of(), false);
  }

  public Acceptance {
    if (!(maxAccuracyDrop >= 0 && maxAccuracyDrop <= 1)) {
      throw new IllegalArgumentException("maxAccuracyDrop: must be between 0 and 1");
    }
    if (!(maxLossIncrease >= 0) || !Double.isFinite(maxLossIncrease)) {
      throw new IllegalArgumentException("maxLossIncrease: must be 0 or more");
    }
    bounds = Collections.unmodifiableMap(new LinkedHashMap<>(bounds));
    bounds.forEach(Acceptance::check);
  }

  private static void check(MeasureName name, Bound bound) {
    boolean higher = name.measure().direction() == Direction.HIGHER;
    if (higher ? bound.maxRise().isPresent() : bound.maxDrop().isPresent()) {
      throw new IllegalArgumentException(
          "bounds/"
              + name
              + ": "
              + (higher ? "more is better: use maxDrop" : "less is better: use maxRise"));
    }
  }
}
