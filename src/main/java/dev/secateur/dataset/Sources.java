package dev.secateur.dataset;

import java.util.List;

/**
 * A set as the user's file has it.
 *
 * @param inputs one an input, all with as many samples
 * @param targets one an output, or none
 */
record Sources(List<Source> inputs, List<TargetArray> targets) implements AutoCloseable {
  Sources {
    inputs = List.copyOf(inputs);
    targets = List.copyOf(targets);
  }

  /** One input, and its labels where it has some. */
  static Sources of(Source source) {
    return new Sources(
        List.of(source),
        source.labels().stream().map(l -> TargetArray.ofLabels(source.file(), l)).toList());
  }

  Source first() {
    return inputs.get(0);
  }

  int size() {
    return first().order().length;
  }

  /**
   * @throws DatasetException if an array has more or fewer samples than the first
   */
  void checkCounts() {
    for (Source source : inputs) {
      if (source.order().length != size()) {
        throw uneven(source.place(), source.order().length, "samples");
      }
    }
    for (TargetArray array : targets) {
      if (array.samples() != size()) {
        throw uneven(array.name(), array.samples(), "labels");
      }
    }
  }

  private DatasetException uneven(String name, int count, String what) {
    return new DatasetException(
        first().file(),
        name,
        "holds " + count + " " + what + " for " + size() + " samples",
        "there must be one for each");
  }

  @Override
  public void close() {
    inputs.forEach(s -> s.samples().close());
    targets.forEach(t -> t.rows().close());
  }
}
