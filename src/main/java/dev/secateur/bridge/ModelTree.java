package dev.secateur.bridge;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Which of a logged model's files is the model. MLflow's flavors put it into {@code
 * data/model.keras} (Keras 3), {@code data/model.h5} (Keras 2), {@code data/model/} or {@code
 * tf2model/} (a SavedModel); others log a bare file under any name.
 */
final class ModelTree {
  private static final String SAVED_MODEL = "saved_model.pb";

  /** In this order, where there are several. */
  private static final List<String> USUAL =
      List.of("data/model.keras", "data/model.h5", "data/model/", "tf2model/", "model.keras");

  private static final List<String> MODELS = List.of(".keras", ".h5", ".hdf5");

  /** What MLflow itself puts beside a model. */
  private static final Set<String> BESIDE =
      Set.of(
          "MLmodel",
          "conda.yaml",
          "python_env.yaml",
          "requirements.txt",
          "registered_model_meta",
          "input_example.json",
          "serving_input_example.json");

  private ModelTree() {}

  /**
   * @param files all of them, relative to the model's directory
   * @return a file, or a directory that ends with a slash
   */
  static String model(List<String> files) throws Refusal {
    Set<String> found = new LinkedHashSet<>();
    for (String file : files) {
      String name = file.substring(file.lastIndexOf('/') + 1);
      if (name.equals(SAVED_MODEL)) {
        found.add(file.substring(0, file.length() - SAVED_MODEL.length()));
      } else if (MODELS.stream().anyMatch(name.toLowerCase(Locale.ROOT)::endsWith)) {
        found.add(file);
      }
    }
    // What lies in a SavedModel is its own.
    found.removeIf(f -> found.stream().anyMatch(d -> isDirectory(d) && isWithin(f, d)));
    for (String usual : USUAL) {
      if (found.contains(usual)) {
        return usual;
      }
    }
    List<String> candidates = found.isEmpty() ? bare(files) : new ArrayList<>(found);
    if (candidates.size() == 1) {
      return candidates.get(0);
    }
    throw new Refusal(
        candidates.isEmpty()
            ? "the version has no files that could be a Keras model"
            : "the version has several files that could be the model: "
                + String.join(", ", shown(candidates))
                + "; register one of them by its own address");
  }

  private static boolean isDirectory(String path) {
    return path.isEmpty() || path.endsWith("/");
  }

  private static boolean isWithin(String path, String directory) {
    return !path.equals(directory) && path.startsWith(directory);
  }

  private static List<String> bare(List<String> files) {
    return files.stream().filter(file -> !BESIDE.contains(file)).toList();
  }

  private static List<String> shown(List<String> names) {
    int most = 5;
    return Stream.concat(
            names.stream().limit(most), names.size() > most ? Stream.of("…") : Stream.empty())
        .toList();
  }
}
