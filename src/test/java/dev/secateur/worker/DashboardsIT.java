package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.demo.Ports;
import dev.secateur.demo.WorkerProcess;
import dev.secateur.deploy.Tool;
import dev.secateur.deploy.Yaml;
import dev.secateur.event.CloudEvent;
import dev.secateur.event.KafkaBinding;
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
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every query of the dashboards and rules, put to a Prometheus that scrapes a worker while it does
 * jobs of every outcome. A query that is an error or finds nothing would be an empty panel, or an
 * alert that never fires.
 */
final class DashboardsIT {
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void everyQueryOfEveryPanelAndRuleFindsWhatAWorkerServes(@TempDir Path temp) throws Exception {
    Tool tool = Tool.named("prometheus");
    try (Platform platform = new Platform("monitoring", 2)) {
      WorkerProcess worker =
          platform.worker("monitored", Map.of("secateur.jobs.max-attempts", "1"));
      worker.awaitReady();
      URI prometheus = URI.create("http://127.0.0.1:" + Ports.free());
      Instant start = Instant.now();
      Process server = prometheus(tool, temp, worker, prometheus);
      try {
        // Increases are seen only between scrapes: some before the first job, and some after it.
        platform.await(
            "scraped while idle", () -> finds(prometheus, "count_over_time(up[5m]) >= 5"));
        jobsOfEveryOutcome(platform);
        platform.await(
            "scraped while a job trains after two have ended",
            () ->
                finds(
                    prometheus,
                    "sum(secateur_jobs_total) >= 2 and sum(group:secateur_jobs_running:sum) > 0"
                        + " and sum(count_over_time((secateur_training_epoch > 1)[1m:1s])) >= 5"));
        List<String> silent = new ArrayList<>();
        for (String expression : expressions()) {
          String trouble = ask(prometheus, expression, start);
          if (!trouble.isEmpty()) {
            silent.add(expression + "\n    " + trouble);
          }
        }
        assertThat(silent).isEmpty();
      } finally {
        server.destroy();
        server.waitFor();
      }
    }
  }

  /** Accepted, rejected, failed, malformed, registered twice; and one that runs on. */
  private static void jobsOfEveryOutcome(Platform platform) throws IOException {
    platform.publish(platform.job("accepted", "1", 1));
    ObjectNode wrongDigest = platform.job("failed", "1", 1);
    ((ObjectNode) wrongDigest.get("model")).put("sha256", "0".repeat(64));
    platform.publish(wrongDigest);
    CloudEvent broken = platform.event("broken", JSON.createObjectNode());
    platform.publish("broken", KafkaBinding.binary(broken));
    platform.awaitResults(2);
    ObjectNode running = platform.job("running", "1", 400);
    platform.publish(running);
    platform.publish(running);
  }

  private static Process prometheus(Tool tool, Path temp, WorkerProcess worker, URI address)
      throws IOException {
    Path rules = temp.resolve("rules.yml");
    Files.writeString(
        rules,
        Files.readString(Path.of("deploy/prometheus/rules.yml"))
            .replace("interval: 30s", "interval: 1s"));
    Path configuration = temp.resolve("prometheus.yml");
    Files.writeString(
        configuration,
        """
        global: {scrape_interval: 1s, evaluation_interval: 1s}
        rule_files: [%s]
        scrape_configs:
          - job_name: secateur
            metrics_path: /q/metrics
            static_configs:
              - targets: ["%s"]
                labels: {namespace: ml, group: monitoring, pod: monitored}
        """
            .formatted(rules, worker.address().getAuthority()));
    return tool.start(
        temp.resolve("prometheus.log"),
        Map.of(),
        List.of(
            "--config.file=" + configuration,
            "--storage.tsdb.path=" + temp.resolve("data"),
            "--web.listen-address=" + address.getAuthority()));
  }

  /**
   * All expressions, with the dashboards' variables replaced and the alerts' thresholds taken off.
   */
  private static List<String> expressions() throws IOException {
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
                      .replace("$namespace", "ml")
                      .replace("$group", "monitoring")
                      .replace("$__rate_interval", "10s")
                      .replace("$__range", "5m"))
          .forEach(expressions::add);
    }
    assertThat(expressions)
        .hasSizeGreaterThan(50)
        .noneMatch(expression -> expression.contains("$"));
    JsonNode groups = Yaml.read(Path.of("deploy/prometheus/rules.yml")).get("groups");
    List<String> rules = groups.findValuesAsText("expr");
    assertThat(rules).hasSizeGreaterThan(20);
    rules.stream().map(DashboardsIT::withoutThresholds).forEach(expressions::add);
    return expressions;
  }

  private static String withoutThresholds(String expression) {
    return expression
        .replaceFirst("^absent\\((.*)\\)\\s*$", "$1")
        .replaceAll("(>=|<=|==|>|<)\\s*[0-9.]+(\\s*\\*\\s*[0-9.]+)?", "");
  }

  /** What is wrong with a query, or nothing. */
  private static String ask(URI prometheus, String expression, Instant start) {
    JsonNode answer =
        get(
            prometheus,
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

  private static boolean finds(URI prometheus, String expression) {
    JsonNode answer =
        get(
            prometheus,
            "/api/v1/query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8));
    return !answer.at("/data/result").isEmpty();
  }

  private static JsonNode get(URI prometheus, String path) {
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
