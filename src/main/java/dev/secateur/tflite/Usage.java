package dev.secateur.tflite;

import dev.secateur.plan.Preprocessing;
import java.util.List;
import java.util.Optional;

/**
 * What whoever runs a file has to know, for the metadata that TFLite's own libraries read.
 *
 * @param preprocessing of raw samples, each input's
 * @param labels names of the classes, in the order of the output's scores; empty where there are
 *     none
 * @param fed values that inputs were seen to have, after preprocessing
 */
public record Usage(Preprocessing preprocessing, List<String> labels, Optional<Range> fed) {
  public Usage {
    labels = List.copyOf(labels);
  }
}
