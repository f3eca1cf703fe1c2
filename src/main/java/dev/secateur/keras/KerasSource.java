package dev.secateur.keras;

import dev.secateur.graph.Shape;
import dev.secateur.keras.architecture.Replacement;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * A model, and what its file does not say.
 *
 * @param file the model; with an architecture beside it, its weights
 * @param architecture JSON, YAML or a bare {@code get_config()}, where the file has none
 * @param replacements what stands for a Lambda layer, by its name or path
 * @param inputShape shape of the input with the batch, for a model that states none
 */
public record KerasSource(
    Path file,
    Optional<Path> architecture,
    Map<String, Replacement> replacements,
    Optional<Shape> inputShape) {
  public KerasSource {
    replacements = Map.copyOf(replacements);
  }

  /** A file that says everything. */
  public static KerasSource of(Path file) {
    return new KerasSource(file, Optional.empty(), Map.of(), Optional.empty());
  }

  public KerasSource withInputShape(Shape shape) {
    return new KerasSource(file, architecture, replacements, Optional.of(shape));
  }
}
