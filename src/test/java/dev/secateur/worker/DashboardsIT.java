package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.demo.Ports;
import dev.secateur.demo.WorkerProcess;
import dev.secateur.deploy.Tool;
import dev.secateur.event.CloudEvent;
import dev.secateur.event.KafkaBinding;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@link PanelQueries}, put to a Prometheus that scrapes a worker with jobs of every outcome. */
final class DashboardsIT {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void everyQueryOfEveryPanelAndRuleFindsWhatAWorkerServes(@TempDir Path temp) throws Exception {
    assertThat(silent(temp, PanelQueries.expressions("ml", "monitoring"))).isEmpty();
  }

  /** Which of these expressions find nothing. */
  static List<String> silent(Path temp, List<String> expressions) throws Exception {
    Tool tool = Tool.named("prometheus");
    try (Platform platform = new Platform("monitoring", 2)) {
      WorkerProcess worker =
          platform.worker("monitored", Map.of("secateur.jobs.max-attempts", "1"));
      worker.awaitReady();
      URI prometheus = URI.create("http://127.0.0.1:" + Ports.free());
      PanelQueries queries = new PanelQueries(prometheus, Instant.now());
      Process server = prometheus(tool, temp, worker, prometheus);
      try {
        // Increases are seen only between scrapes: some before the first job, and some after it.
        // One rule is of groups that wait while a worker is idle.
        platform.await(
            "scraped, and rules evaluated, while idle",
            () ->
                queries.finds(
                    "sum(count_over_time(up[5m])) >= 5"
                        + " and sum(count_over_time(group:secateur_backlog:max[5m])) >= 5"
                        + " and sum(group:secateur_jobs_running:sum)"
                        + " < sum(group:secateur_workers:count)"));
        jobsOfEveryOutcome(platform);
        platform.await(
            "scraped while a job trains after two have ended",
            () ->
                queries.finds(
                    "sum(secateur_jobs_total) >= 2 and sum(group:secateur_jobs_running:sum) > 0"
                        + " and sum(count_over_time((secateur_training_epoch > 1)[1m:1s])) >= 5"));
        return queries.silent(expressions);
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
}
