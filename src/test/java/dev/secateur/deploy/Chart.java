package dev.secateur.deploy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The chart in {@code helm/secateur}, as helm renders it. */
final class Chart {
  static final Path DIRECTORY = Path.of("helm/secateur");

  /**
   * The chart's oldest Kubernetes version, the API server's that it is installed on, and the newest
   * with schemas.
   */
  static final List<String> KUBERNETES_VERSIONS = List.of("1.30.0", "1.34.0", "1.37.0");

  private Chart() {}

  /** The values files that the chart is tested with. */
  static List<Path> values() {
    try (Stream<Path> files = Files.list(DIRECTORY.resolve("ci"))) {
      return files.sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Path values(String name) {
    return DIRECTORY.resolve("ci/" + name + "-values.yaml");
  }

  static Tool.Result render(Path chart, String kubernetes, Path values, List<String> settings) {
    List<String> arguments = new ArrayList<>(List.of("template", "secateur", chart.toString()));
    arguments.addAll(List.of("--namespace", "ml", "--kube-version", kubernetes));
    arguments.addAll(List.of("--values", values.toString()));
    settings.forEach(setting -> arguments.addAll(List.of("--set", setting)));
    return Tool.named("helm").run(Map.of(), arguments);
  }
}
