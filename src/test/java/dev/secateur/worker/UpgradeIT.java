package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.secateur.demo.WorkerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Two builds side by side, as in a rolling upgrade: one order, one result, whoever began it. */
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock(Platform.SECOND_LANE)
final class UpgradeIT {
  private static final String NEXT = "99.0.0";

  @TempDir static Path directory;

  private static Path next;

  /** The same build, but for what it says of itself. */
  @BeforeAll
  static void buildTheNextVersion() throws IOException {
    Path from = WorkerProcess.application().toAbsolutePath().getParent();
    Path to = directory.resolve("next");
    try (Stream<Path> all = Files.walk(from)) {
      all.forEach(file -> copy(file, to.resolve(from.relativize(file).toString())));
    }
    try (Stream<Path> jars = Files.list(to.resolve("app"))) {
      Path jar = jars.filter(f -> f.toString().endsWith(".jar")).findFirst().orElseThrow();
      try (FileSystem inside = FileSystems.newFileSystem(jar)) {
        Files.writeString(
            inside.getPath("META-INF/secateur/build.properties"),
            "version=" + NEXT + "\n",
            StandardCharsets.UTF_8);
      }
    }
    next = to.resolve(WorkerProcess.application().getFileName());
  }

  /** But for the libraries, which are large and never written. */
  private static void copy(Path file, Path target) {
    try {
      if (Files.isDirectory(file)) {
        Files.createDirectories(target);
      } else if (!file.toString().contains("/lib/")) {
        Files.copy(file, target);
      } else {
        Files.createSymbolicLink(target, file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** As long as a version is waited for that is there: a slow machine is not to miss its turn. */
  private static final Map<String, String> PATIENT = Map.of("secateur.claim.expiry", "60s");

  private static WorkerProcess upgraded(
      Platform platform, String name, Map<String, String> settings) throws IOException {
    return platform.worker(next, name, settings, WorkerProcess.SECRETS);
  }

  @Test
  void ordersThatAreInTheMidstOfARollingUpgradeHaveOneResultEach() throws Exception {
    try (Platform platform = new Platform("upgrade", 2)) {
      WorkerProcess old = platform.worker("upgrade-old").awaitReady();
      // Long enough not to end before the old worker is told to.
      platform.publish(platform.job("long", "1", 600));
      platform.await("checkpoint", () -> old.metric("secateur_checkpoints_total", "written") > 0);
      WorkerProcess heir = upgraded(platform, "upgrade-next", Map.of()).awaitReady();
      for (int j = 0; j < 5; j++) {
        platform.publish(platform.job("shapes-" + j, "1", 1));
      }
      platform.await("taken in", () -> platform.acknowledged() == 6);
      old.process().signal("TERM");
      assertThat(old.process().exitCode(Platform.LONG)).isZero();
      Map<String, JsonNode> results = platform.awaitResults(6);
      platform.await("no order is left", platform::isSettled);
      assertThat(results.values())
          .allSatisfy(r -> assertThat(r.path("outcome").asText()).isEqualTo("accepted"));
      assertThat(platform.store.list(platform.state.resolve("results/"))).hasSize(6);
      JsonNode last = result(platform, "long");
      // Begun anew knowingly: the next version does not go on from what it does not know.
      assertThat(last.at("/engine/version").asText()).isEqualTo(NEXT);
      assertThat(last.at("/job/epoch").asInt()).isEqualTo(2);
      assertThat(heir.metric("secateur_checkpoints_total", "restored")).isZero();
    }
  }

  @Test
  void anOrderIsFinishedByTheVersionThatBeganItWhereThatVersionIsThere() throws Exception {
    try (Platform platform = new Platform("upgrade-back", 2)) {
      WorkerProcess old = platform.worker("upgrade-back-1", PATIENT).awaitReady();
      WorkerProcess other = platform.worker("upgrade-back-2", PATIENT).awaitReady();
      platform.publish(platform.job("long", "1", 60));
      platform.await("checkpoint", () -> written(old) + written(other) > 0);
      WorkerProcess heir = upgraded(platform, "upgrade-back-next", PATIENT).awaitReady();
      boolean first = written(old) > 0;
      (first ? old : other).process().signal("TERM");
      platform.awaitResults(1);
      assertThat(result(platform, "long").at("/engine/version").asText()).isNotEqualTo(NEXT);
      assertThat(heir.metric("secateur_claims_total")).isZero();
      assertThat((first ? other : old).metric("secateur_checkpoints_total", "restored"))
          .isPositive();
    }
  }

  private static double written(WorkerProcess worker) {
    return worker.metric("secateur_checkpoints_total", "written");
  }

  private static JsonNode result(Platform platform, String model) {
    return platform.distinctResults().values().stream()
        .filter(r -> r.at("/model/name").asText().equals(model))
        .findFirst()
        .orElseThrow();
  }
}
