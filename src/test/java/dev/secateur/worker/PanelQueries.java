package dev.secateur.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.secateur.deploy.Yaml;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Every query of the dashboards and rules, put to a Prometheus. One that is an error or finds
 * nothing would be an empty panel, or an alert that never fires.
 */
final class PanelQueries {
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final ObjectMapper JSON = new ObjectMapper();

  private final URI prometheus;
  private final Instant start;

  /**
   * @param start of what Prometheus is asked about
   */
  PanelQueries(URI prometheus, Instant start) {
    this.prometheus = prometheus;
    this.start = start;
  }

  /** {@code bench/cluster} asks so: Prometheus' address, the workers' namespace and group. */
  public static void main(String... arguments) throws IOException {
    Instant anHourAgo = Instant.now().minus(Duration.ofHours(1));
    PanelQueries queries = new PanelQueries(URI.create(arguments[0]), anHourAgo);
    List<String> expressions = expressions(arguments[1], arguments[2]);
    List<String> silent = queries.silent(expressions);
    silent.forEach(System.out::println);
    System.out.printf("%d queries, %d silent%n", expressions.size(), silent.size());
    System.exit(silent.isEmpty() ? 0 : 1);
  }

  /** What is wrong with each query that is not answered with numbers since the beginning. */
  List<String> silent(List<String> expressions) {
    List<String> silent = new ArrayList<>();
    for (String expression : expressions) {
      String trouble = ask(expression);
      if (!trouble.isEmpty()) {
        silent.add(expression + "\n    " + trouble);
      }
    }
    return silent;
  }

  /**
   * All expressions, with the dashboards' variables replaced and the alerts' thresholds taken off.
   */
  static List<String> expressions(String namespace, String group) throws IOException {
    List<String> expressions = new ArrayList<>();
    for (String dashboard : List.of("compression", "workers")) {
      JsonNode panels =
          JSON.readTree(
                  Files.readString(Path.of("deploy/grafana/dashboards/" + dashboard + ".json")))
              .get("panels");
      panels.findValuesAsText("expr").stream()
          .map(
              expression ->
                  expression
                      .replace("$namespace", namespace)
                      .replace("$group", group)
                      .replace("$__rate_interval", "10s")
                      .replace("$__range", "5m"))
          .forEach(expressions::add);
    }
    Yaml.read(Path.of("deploy/prometheus/rules.yml"))
        .get("groups")
        .findValuesAsText("expr")
        .stream()
        .map(PanelQueries::withoutThresholds)
        .forEach(expressions::add);
    if (expressions.size() < 70 || expressions.stream().anyMatch(e -> e.contains("$"))) {
      throw new IllegalStateException("not the dashboards' and rules' expressions: " + expressions);
    }
    return expressions;
  }

  private static String withoutThresholds(String expression) {
    return expression
        .replaceFirst("^absent\\((.*)\\)\\s*$", "$1")
        .replaceAll("(>=|<=|==|>|<)\\s*[0-9.]+(\\s*\\*\\s*[0-9.]+)?", "");
  }

  /** What is wrong with a query, or nothing. */
  private String ask(String expression) {
    JsonNode answer =
        get(
            "/api/v1/query_range?step=1&start=%d&end=%d&query=%s"
                .formatted(
                    start.getEpochSecond(),
                    Instant.now().getEpochSecond(),
                    URLEncoder.encode(expression, StandardCharsets.UTF_8)));
    if (!answer.path("status").asText().equals("success")) {
      return answer.toString();
    }
    for (JsonNode series : answer.at("/data/result")) {
      for (JsonNode sample : series.get("values")) {
        if (!sample.get(1).asText().equals("NaN")) {
          return "";
        }
      }
    }
    return answer.at("/data/result").isEmpty() ? "finds nothing" : "is never a number";
  }

  boolean finds(String expression) {
    JsonNode answer =
        get("/api/v1/query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8));
    return !answer.at("/data/result").isEmpty();
  }

  private JsonNode get(String path) {
    try {
      return JSON.readTree(
          HTTP.send(
                  HttpRequest.newBuilder(prometheus.resolve(path))
                      .timeout(Duration.ofSeconds(20))
                      .build(),
                  BodyHandlers.ofString())
              .body());
    } catch (IOException e) {
      return JSON.createObjectNode().put("status", e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
