package dev.secateur.plan;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import dev.secateur.plan.Measure.Direction;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The limits that the variant by the first scheme must meet, on the same evaluation set as the
 * original. A limit that is given holds as it is given, also beside bounds; one that is not is the
 * task's own. In JSON, what is not given is left out.
 *
 * @param maxAccuracyDrop accuracy of the original less that of the variant, a fraction: top-1,
 *     accuracy of 0/1 decisions, mean intersection over union; without targets, what may disagree
 * @param maxLossIncrease loss of the variant over the original's, less one; where there is no
 *     accuracy
 * @param bounds on measures; an output that has some is judged by these and by what is given
 * @param allowChance run and judge also an original that is no better than guessing
 */
public record Acceptance(
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Double> maxAccuracyDrop,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Double> maxLossIncrease,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) @JsonSetter(nulls = Nulls.AS_EMPTY)
        Map<MeasureName, Bound> bounds,
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean allowChance) {
  /** What {@link #maxAccuracyDrop} is where it is not given. */
  public static final double MAX_ACCURACY_DROP = 0.02;

  /** What {@link #maxLossIncrease} is where it is not given. */
  public static final double MAX_LOSS_INCREASE = 0.1;

  public static final Acceptance DEFAULT =
      new Acceptance(Optional.empty(), Optional.empty(), Map.of(), false);

  public Acceptance {
    if (maxAccuracyDrop.filter(drop -> !(drop >= 0 && drop <= 1)).isPresent()) {
      throw new IllegalArgumentException("maxAccuracyDrop: must be between 0 and 1");
    }
    if (maxLossIncrease.filter(rise -> !(rise >= 0) || !Double.isFinite(rise)).isPresent()) {
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
