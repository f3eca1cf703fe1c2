package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.secateur.demo.LocalStore;
import dev.secateur.demo.WorkerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** The packaged worker where one is itself to blame: others do its work, and no job is failed. */
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock(Platform.SECOND_LANE)
final class SickWorkerIT {
  private static final int JOBS = 6;

  @Test
  void aWorkerWithAWrongKeyTakesNoPartitionAndEndsWhileASoundOneAnswersAll() throws Exception {
    try (Platform platform = new Platform("sick-key", 4)) {
      Map<String, String> wrong =
          Map.of(
              "secateur.store.access-key",
              LocalStore.ACCESS_KEY,
              "secateur.store.secret-key",
              "no-longer-the-key");
      WorkerProcess sick =
          platform.worker("sick-key-1", Map.of("secateur.health.grace", "20s"), wrong);
      platform.await("refused", () -> sick.process().output().contains("the store refuses"));
      platform.await("not ready", () -> sick.status("/q/health/ready") == 503);
      WorkerProcess sound = platform.worker("sick-key-2").awaitReady();
      for (int j = 0; j < JOBS; j++) {
        platform.publish(platform.job("shapes-" + j, "1", 1));
      }
      allAreAccepted(platform, JOBS);
      assertThat(sound.metric("secateur_claims_total", "taken\"")).isEqualTo(JOBS);
      assertThat(sick.process().exitCode(Platform.LONG)).isEqualTo(1);
      assertThat(sick.process().output()).contains("leaving: the store refuses");
    }
  }

  @Test
  void aWorkerWhoseDiskTakesNoFilesGivesItsOrderBackUncountedAndTakesNoMore() throws Exception {
    try (Platform platform = new Platform("sick-disk", 1)) {
      Path cache = platform.directory.resolve("cache-of-the-sick");
      WorkerProcess sick =
          platform
              .worker(
                  "sick-disk-1",
                  Map.of(
                      "secateur.cache.directory",
                      cache.toString(),
                      "secateur.health.grace",
                      "20s",
                      "secateur.jobs.max-attempts",
                      "2"))
              .awaitReady();
      everyDirectoryBecomesAFile(cache);
      for (int j = 0; j < JOBS; j++) {
        platform.publish(platform.job("shapes-" + j, "1", 1));
      }
      platform.await("blamed", () -> sick.process().output().contains("takes no orders"));
      platform.await("not ready", () -> sick.status("/q/health/ready") == 503);
      assertThat(platform.results()).isEmpty();
      WorkerProcess sound = platform.worker("sick-disk-2").awaitReady();
      for (JsonNode result : allAreAccepted(platform, JOBS)) {
        assertThat(result.at("/job/attempt").asInt()).isEqualTo(1);
      }
      assertThat(sound.metric("secateur_claims_total", "taken-over")).isZero();
      assertThat(sick.process().exitCode(Platform.LONG)).isEqualTo(1);
      assertThat(platform.records(platform.deadLetters())).isEmpty();
    }
  }

  /** What the superuser too cannot write into. */
  private static void everyDirectoryBecomesAFile(Path cache) throws IOException {
    List<Path> children;
    try (Stream<Path> all = Files.list(cache)) {
      children = all.filter(Files::isDirectory).toList();
    }
    for (Path child : children) {
      try (Stream<Path> all = Files.walk(child)) {
        all.sorted(Comparator.reverseOrder()).forEach(SickWorkerIT::delete);
      }
      Files.createFile(child);
    }
  }

  private static void delete(Path path) {
    try {
      Files.delete(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<JsonNode> allAreAccepted(Platform platform, int jobs) {
    List<JsonNode> results = List.copyOf(platform.awaitResults(jobs).values());
    assertThat(results).hasSize(jobs);
    assertThat(results)
        .allSatisfy(r -> assertThat(r.path("outcome").asText()).isEqualTo("accepted"));
    return results;
  }
}
