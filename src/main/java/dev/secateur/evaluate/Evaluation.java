package dev.secateur.evaluate;

import java.util.List;
import java.util.stream.Stream;

/**
 * How a variant did on a set.
 *
 * @param outputs one judgement an output, in the network's order
 */
public record Evaluation(int samples, List<Judgement> outputs) {
  public Evaluation {
    outputs = List.copyOf(outputs);
  }

  /** All faults, of all outputs. */
  public Stream<Fault> faults() {
    return outputs.stream().flatMap(o -> o.faults().stream());
  }
}
