package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.secateur.cli.Run;
import dev.secateur.demo.Minio;
import dev.secateur.demo.WorkerProcess;
import dev.secateur.event.CloudEvent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What 0.1.0 left in its first state, where claims and results went by jobs and records were
 * acknowledged when their jobs had ended, is taken over by this build. {@code bench/upgrade} builds
 * that state from history, names it in {@code -Dupgrade.from}, and runs this.
 */
final class FirstVersionUpgrade {
  private static final Path FIRST = Path.of(System.getProperty("upgrade.from"));

  /**
   * An attempt that dies is the job's last where there is only one.
   *
   * @param attempts at a job before it is given up
   */
  private static WorkerProcess first(Platform platform, String name, int attempts)
      throws Exception {
    Map<String, String> settings = new HashMap<>(cache(platform));
    settings.put("secateur.jobs.max-attempts", String.valueOf(attempts));
    // The settings that came since.
    settings.put("smallrye.config.mapping.validate-unknown", "false");
    return platform.worker(FIRST, name, settings, WorkerProcess.SECRETS).awaitReady();
  }

  /** One for all, as on a volume that outlives the pods. */
  private static Map<String, String> cache(Platform platform) {
    return Map.of("secateur.cache.directory", platform.directory.resolve("cache").toString());
  }

  private static void awaitCheckpoint(Platform platform, WorkerProcess worker) {
    platform.await("checkpoint", () -> worker.metric("secateur_checkpoints_total", "written") > 0);
  }

  @Test
  void whatItLeftIsFinishedAndAnsweredOnce(@TempDir Path directory) throws Exception {
    try (Minio minio = Minio.start(directory, LocalServers.BUCKETS);
        Platform platform =
            new Platform("first", 2, LocalServers.get().kafka, minio.endpoint(), directory)) {
      WorkerProcess one = first(platform, "first-1", 1);
      platform.publish(platform.job("done-1", "1", 1));
      platform.publish(platform.job("done-2", "1", 1));
      platform.send(
          new ProducerRecord<>(platform.registered(), "no event".getBytes(StandardCharsets.UTF_8)));
      platform.await("acknowledged", () -> platform.acknowledged() == 3);
      platform.publish(platform.job("given-up", "1", 600));
      awaitCheckpoint(platform, one);
      one.process().signal("KILL");

      WorkerProcess two = first(platform, "first-2", 1);
      platform.await("acknowledged", () -> platform.acknowledged() == 4);
      platform.publish(platform.job("begun", "1", 600));
      awaitCheckpoint(platform, two);
      two.process().signal("TERM");
      two.process().exitCode(Platform.LONG);

      WorkerProcess three = first(platform, "first-3", 30);
      awaitCheckpoint(platform, three);
      for (int j = 1; j <= 3; j++) {
        platform.publish(platform.job("waiting-" + j, "1", 1));
      }
      three.process().signal("KILL");
      three.process().exitCode(Platform.LONG);
      assertThat(platform.results()).hasSize(3);
      assertThat(platform.records(platform.deadLetters())).hasSize(2);
      for (String kind : List.of("claims/", "checkpoints/", "results/")) {
        assertThat(platform.store.list(platform.state.resolve(kind))).isNotEmpty();
      }

      platform.worker("heir", cache(platform)).awaitReady();
      platform.await("answered", () -> platform.results().size() >= 7);
      // What is no event is its producer's; what was given up runs again, and ends.
      Run replayed = command(platform, "replay", "--kafka", platform.kafka);
      assertThat(replayed.out()).as(replayed.err()).contains("1 replayed");
      platform.await("the replayed one", () -> platform.results().size() >= 8);
      platform.await("acknowledged", () -> platform.lag() == 0 && pending(platform) == 0);
      assertThat(answers(platform))
          .containsOnly(
              Map.entry("done-1 accepted", 1),
              Map.entry("done-2 accepted", 1),
              Map.entry("given-up failed", 1),
              Map.entry("given-up accepted", 1),
              Map.entry("begun accepted", 1),
              Map.entry("waiting-1 accepted", 1),
              Map.entry("waiting-2 accepted", 1),
              Map.entry("waiting-3 accepted", 1));
      assertThat(platform.records(platform.deadLetters())).hasSize(2);
      assertThat(
              command(
                      platform,
                      "jobs",
                      "--store",
                      platform.s3,
                      "--state-uri",
                      platform.state.toString())
                  .out())
          .contains("given-up 1", "begun 1", "waiting-3 1")
          .doesNotContain("unknown");
      try (Stream<Path> local = Files.list(platform.directory.resolve("cache"))) {
        // Of the working directories, its own alone.
        assertThat(local.filter(f -> Files.isDirectory(f) && f.toString().contains("/work-")))
            .hasSize(1);
      }
    }
  }

  private static Map<String, Integer> answers(Platform platform) {
    Map<String, Integer> answers = new HashMap<>();
    for (CloudEvent event : platform.results()) {
      JsonNode data = event.data();
      String outcome = data.path("outcome").asText("failed");
      answers.merge(data.at("/model/name").asText() + " " + outcome, 1, Integer::sum);
    }
    return answers;
  }

  private static int pending(Platform platform) {
    return platform.store.list(platform.state.resolve("pending/")).size();
  }

  private static Run command(Platform platform, String... words) {
    Map<String, String> environment = new HashMap<>(WorkerProcess.SECRETS);
    environment.put("SECATEUR_TOPICS_REGISTERED", platform.registered());
    environment.put("SECATEUR_TOPICS_DEAD_LETTERS", platform.deadLetters());
    return Run.in(environment, List.of(words));
  }
}
