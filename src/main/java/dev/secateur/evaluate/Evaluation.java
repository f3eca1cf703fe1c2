package dev.secateur.evaluate;

import java.util.List;
import java.util.stream.IntStream;
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

  /**
   * The goals with the scale that scores were read on. Known of the original, it holds for all that
   * is made of it: logits that rounding brings into [0, 1] are logits all the same.
   */
  public List<Goal> settled(List<Goal> goals) {
    return IntStream.range(0, goals.size())
        .mapToObj(i -> goals.get(i).on(outputs.get(i).scale()))
        .toList();
  }

  /** All faults, of all outputs. */
  public Stream<Fault> faults() {
    return outputs.stream().flatMap(o -> o.faults().stream());
  }
}
