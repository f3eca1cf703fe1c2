package dev.secateur.plan;

import com.fasterxml.jackson.annotation.JsonCreator;
import java.util.Optional;

/**
 * A measure, of every output that has it or of one: {@code mae}, {@code age.mae}.
 *
 * @param output its name; empty for all
 */
public record MeasureName(Optional<String> output, Measure measure) {
  /**
   * @throws IllegalArgumentException if the measure is unknown, naming those that are known
   */
  @JsonCreator
  public static MeasureName of(String name) {
    // Names of outputs may have dots, those of measures have none.
    int dot = name.lastIndexOf('.');
    String label = name.substring(dot + 1);
    Measure measure =
        Measure.of(label)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        label + " is no measure; there are " + Measure.labels()));
    return new MeasureName(
        dot < 0 ? Optional.empty() : Optional.of(name.substring(0, dot)), measure);
  }

  /** Whether this means {@code measure} of {@code output}. */
  public boolean means(String output, Measure measure) {
    return this.measure == measure && this.output.map(output::equals).orElse(true);
  }

  @Override
  public String toString() {
    return output.map(o -> o + ".").orElse("") + measure.label();
  }
}
