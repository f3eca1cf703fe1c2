package dev.secateur.bridge;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The variants of a result, as people read them. */
final class Variants {
  /** Measures that are shares of samples; all others are shown as they are. */
  private static final List<String> SHARES =
      List.of("top1", "top5", "accuracy", "agreement", "f1", "meanIou", "pixelAccuracy");

  private static final int MOST_MEASURES = 4;

  private final JsonNode data;

  Variants(JsonNode data) {
    this.data = data;
  }

  /** The one that the verdict is about: that of the plan's scheme, of several the first. */
  Optional<JsonNode> compressed() {
    JsonNode scheme = data.at("/plan/quantization/scheme");
    String decides = (scheme.isArray() ? scheme.path(0) : scheme).asText();
    JsonNode found = null;
    for (JsonNode variant : data.path("variants")) {
      if (variant.path("name").asText().equals(decides)) {
        return Optional.of(variant);
      }
      if (variant.path("file").asText().endsWith(".tflite")) {
        found = variant;
      }
    }
    return Optional.ofNullable(found);
  }

  /**
   * One line, such as {@code int8: 9584 of 59792 bytes (6.2 times smaller), top1 92.50 % of 93.89
   * %}.
   */
  String summary() {
    JsonNode original = data.path("variants").path(0);
    return compressed()
        .map(
            small -> {
              long before = original.path("bytes").asLong();
              long after = small.path("bytes").asLong();
              StringBuilder line =
                  new StringBuilder(
                      String.format(
                          Locale.ROOT,
                          "%s: %d of %d bytes (%.1f times smaller)",
                          small.path("name").asText(),
                          after,
                          before,
                          before / (double) Math.max(1, after)));
              first(original)
                  .ifPresent(
                      measure ->
                          line.append(", ")
                              .append(measure)
                              .append(' ')
                              .append(shown(measure, small.path("measures").path(measure)))
                              .append(" of ")
                              .append(shown(measure, original.path("measures").path(measure))));
              return line.toString();
            })
        .orElse("nothing was converted");
  }

  private static Optional<String> first(JsonNode variant) {
    var names = variant.path("measures").fieldNames();
    return names.hasNext() ? Optional.of(names.next()) : Optional.empty();
  }

  /** A table in Markdown, which MLflow shows. */
  String table() {
    List<String> measures = new ArrayList<>();
    for (JsonNode variant : data.path("variants")) {
      variant
          .path("measures")
          .fieldNames()
          .forEachRemaining(
              name -> {
                if (!measures.contains(name)) {
                  measures.add(name);
                }
              });
    }
    List<String> columns = measures.subList(0, Math.min(MOST_MEASURES, measures.size()));
    StringBuilder table = new StringBuilder("| variant | bytes | zipped | ");
    columns.forEach(name -> table.append(name).append(" | "));
    table.append("sparsity |\n|---|--:|--:|").append("--:|".repeat(columns.size() + 1));
    for (JsonNode variant : data.path("variants")) {
      table.append("\n| ").append(variant.path("name").asText());
      table.append(" | ").append(variant.path("bytes").asText("–"));
      table.append(" | ").append(variant.path("zippedBytes").asText("–"));
      for (String name : columns) {
        table.append(" | ").append(shown(name, variant.path("measures").path(name)));
      }
      table.append(" | ").append(shown("accuracy", variant.path("sparsity"))).append(" |");
    }
    return table.toString();
  }

  private static String shown(String measure, JsonNode value) {
    if (!value.isNumber()) {
      return "–";
    }
    return SHARES.contains(measure)
        ? String.format(Locale.ROOT, "%.2f %%", 100 * value.asDouble())
        : String.format(Locale.ROOT, "%.4g", value.asDouble());
  }

  /** What a run is given as metrics: numbers of each variant, by {@code variant.name}. */
  Map<String, Double> metrics() {
    Map<String, Double> metrics = new LinkedHashMap<>();
    for (JsonNode variant : data.path("variants")) {
      String name = variant.path("name").asText();
      for (String field : List.of("bytes", "zippedBytes", "sparsity", "divergence", "samples")) {
        number(metrics, name + "." + field, variant.path(field));
      }
      number(metrics, name + ".latencyMicros", variant.at("/latencyMicros/median"));
      for (var measure : variant.path("measures").properties()) {
        number(metrics, name + "." + measure.getKey(), measure.getValue());
      }
    }
    number(metrics, "seconds", data.path("seconds"));
    return metrics;
  }

  private static void number(Map<String, Double> metrics, String name, JsonNode value) {
    if (value.isNumber() && Double.isFinite(value.asDouble())) {
      // Names of outputs may hold what MLflow takes for no name.
      metrics.put(name.replaceAll("[^A-Za-z0-9_./ -]", "_"), value.asDouble());
    }
  }

  /** The plan as parameters: each leaf by its path, such as {@code pruning.finalSparsity}. */
  Map<String, String> parameters() {
    Map<String, String> parameters = new LinkedHashMap<>();
    leaves("", data.path("plan"), parameters);
    return parameters;
  }

  private static void leaves(String path, JsonNode node, Map<String, String> leaves) {
    if (node.isObject()) {
      for (String field : sorted(node)) {
        leaves(path.isEmpty() ? field : path + "." + field, node.path(field), leaves);
      }
    } else if (!path.isEmpty()) {
      leaves.put(path, node.isTextual() ? node.asText() : node.toString());
    }
  }

  private static Set<String> sorted(JsonNode node) {
    Set<String> names = new TreeSet<>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }
}
