package dev.secateur.dataset;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Samples as the user's file has them, before any preprocessing.
 *
 * @param place of the samples in the file, for messages
 * @param dims of one sample
 * @param order number of the record that is sample i
 * @param labels one a sample
 * @param classes their names, where the source has them
 */
record Source(
    Path file,
    String place,
    Records samples,
    List<Integer> dims,
    int[] order,
    Optional<int[]> labels,
    List<String> classes) {
  Source {
    dims = List.copyOf(dims);
    classes = List.copyOf(classes);
  }

  /** In the order of the records, and classes without names. */
  Source(Path file, String place, Records samples, List<Integer> dims, Optional<int[]> labels) {
    this(
        file,
        place,
        samples,
        dims,
        IntStream.range(0, samples.count()).toArray(),
        labels,
        List.of());
  }

  /**
   * An array in the order in which the network takes it: one that has its channels first, as the
   * user's model does or as fits in no other way, with its channels last.
   */
  Source fedTo(Optional<Datasets.Value> input) {
    boolean first = input.filter(i -> i.comesChannelsFirst(dims)).isPresent();
    return first
        ? new Source(
            file,
            place,
            new MovedRecords(samples, dims.get(0)),
            Datasets.Value.channelsLast(dims),
            order,
            labels,
            classes)
        : this;
  }

  /** Whether the channels of an array are moved. */
  boolean isMoved() {
    return samples instanceof MovedRecords;
  }
}
