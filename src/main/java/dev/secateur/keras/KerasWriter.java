package dev.secateur.keras;

import dev.secateur.graph.Graph;
import java.nio.file.Path;

/** Writes models back as files that current Keras 3 and tf_keras (Keras 2) load. */
public final class KerasWriter {
  private KerasWriter() {}

  /**
   * @param model the architecture, as read
   * @param weights the graph to take the weights' values from, by name; also one whose weights
   *     changed
   * @param out written beside first, then moved into place
   * @throws KerasException if the file cannot be written
   */
  public static void write(KerasModel model, Graph weights, Path out, KerasFormat format) {
    throw new UnsupportedOperationException();
  }
}
