package dev.secateur.keras;

import dev.secateur.graph.Shape;
import java.nio.file.Path;
import java.util.Optional;

/** Reads whole-model Keras files: HDF5 of Keras 1.1 to 3.x, and {@code .keras} zips. */
public final class KerasReader {
  private KerasReader() {}

  /**
   * @throws KerasException with all the reasons if the file cannot be read as a model
   */
  public static KerasModel read(Path file) {
    return read(file, Optional.empty());
  }

  /**
   * @param inputShape shape of the input with the batch, for a model that states none
   * @throws KerasException with all the reasons if the file cannot be read as a model
   */
  public static KerasModel read(Path file, Optional<Shape> inputShape) {
    throw new UnsupportedOperationException();
  }
}
