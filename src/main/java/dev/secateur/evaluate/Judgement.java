package dev.secateur.evaluate;

import dev.secateur.plan.Measure;
import dev.secateur.plan.Task;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How a variant did at one output.
 *
 * @param measures of the task, those that can be told
 * @param standardErrors of the difference from the original, of measures to which a few samples
 *     matter much; empty without an original
 * @param scale on which scores were read
 * @param divergence from the original: of scores the mean Kullback-Leibler divergence in nats, of
 *     numbers the relative error; empty without an original
 * @param expectedDrop of accuracy, by the original's own probabilities; empty without an original,
 *     without targets, and where these do not tell
 * @param faults of the output or of its targets
 * @param confusion counts, rows true and columns predicted; empty without targets, or past {@link
 *     Evaluator#MAX_CONFUSION} classes, and of images
 */
public record Judgement(
    String output,
    Task task,
    Map<Measure, Double> measures,
    Map<Measure, Double> standardErrors,
    Goal.Scale scale,
    Optional<Double> divergence,
    Optional<Double> expectedDrop,
    List<Fault> faults,
    List<List<Integer>> confusion) {
  public Judgement {
    Map<Measure, Double> finite = new EnumMap<>(Measure.class);
    measures.forEach(
        (measure, value) -> {
          if (Double.isFinite(value)) {
            finite.put(measure, value);
          }
        });
    measures = Collections.unmodifiableMap(finite);
    standardErrors = Map.copyOf(standardErrors);
    divergence = divergence.filter(Double::isFinite);
    faults = List.copyOf(faults);
    confusion = List.copyOf(confusion);
  }

  public Optional<Double> measure(Measure measure) {
    return Optional.ofNullable(measures.get(measure));
  }
}
