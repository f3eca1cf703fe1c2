package dev.secateur.cli;

import dev.secateur.keras.KerasSource;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What a model's file does not say. */
final class ModelOptions {
  static final String ARCHITECTURE =
      "The architecture of weights that stand alone (.h5, .weights.h5 or a TensorFlow checkpoint):"
          + " what model.to_json() or to_yaml() wrote.";

  @Option(names = "--architecture", paramLabel = "FILE", description = ARCHITECTURE)
  Optional<Place> architecture;

  @Mixin ReplaceOptions replace;

  KerasSource source(Path model, LocalFiles files) {
    return new KerasSource(
        model,
        files.model("--architecture", architecture),
        replace.replacements(),
        Optional.empty());
  }
}
