package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.demo.WorkerProcess;
import dev.secateur.job.Stage;
import dev.secateur.worker.run.Hooks;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** A packaged worker that is told to stop at moments that have no checkpoint. */
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock(Platform.SECOND_LANE)
final class DrainIT {
  private static final int BYTES_PER_SECOND = 1 << 10;

  /** Long enough for its probes to be asked meanwhile, on a busy machine too. */
  private static final Duration DRAIN = Duration.ofSeconds(20);

  @Test
  void aDownloadIsInterruptedAndItsJobGivenBack() throws Exception {
    try (Platform platform = new Platform("drain-download", 1);
        SlowProxy proxy =
            new SlowProxy(URI.create(platform.s3).getPort(), SlowProxy.FAST, BYTES_PER_SECOND)) {
      WorkerProcess first =
          platform
              .worker("drain-download-1", Map.of("secateur.store.endpoint", proxy.endpoint()))
              .awaitReady();
      platform.publish(platform.job("shapes", "1", 1));
      platform.await("fetching", () -> hasFile(platform, ".part"));
      long asked = System.nanoTime();
      first.process().signal("TERM");
      assertThat(first.process().exitCode(Platform.LONG)).isZero();
      // By itself it would have ended after minutes.
      System.out.printf("drained in %d ms%n", (System.nanoTime() - asked) / 1_000_000);
      assertThat(first.process().output()).doesNotContain("did not stop in time");
      assertThat(hasFile(platform, ".part")).isFalse();
      goesOnElsewhereAsGivenBack(platform, "drain-download-2");
    }
  }

  /** A stage that does not stop, as one in a native library, keeps the drain open for its time. */
  @Test
  void aWorkerThatDrainsIsNotReadyAtOnceAndGivesBackAJobThatDoesNotStopInTime() throws Exception {
    try (Platform platform = new Platform("drain-late", 1)) {
      Path gates = Files.createDirectories(platform.directory.resolve("gates"));
      Files.createFile(gates.resolve(JobMeters.FETCH));
      WorkerProcess first =
          platform
              .worker(
                  "drain-late-1",
                  Map.of(
                      "secateur.drain.timeout",
                      DRAIN.toSeconds() + "s",
                      Hooks.STAGE_GATE,
                      gates.toString()))
              .awaitReady();
      platform.publish(platform.job("shapes", "1", 1));
      platform.await(
          "a stage", () -> first.process().output().contains(" stage " + Stage.LOAD.label()));
      assertThat(first.metric("secateur_draining")).isZero();
      long asked = System.nanoTime();
      first.process().signal("TERM");
      platform.await("unready", () -> first.status("/q/health/ready") == 503);
      assertThat(first.status("/q/health/live")).isEqualTo(200);
      assertThat(first.metric("secateur_draining")).isOne();
      assertThat(first.process().exitCode(DRAIN.plus(Platform.LONG))).isEqualTo(143);
      assertThat(Duration.ofNanos(System.nanoTime() - asked)).isGreaterThan(DRAIN);
      assertThat(first.process().output()).contains("did not stop in time");
      goesOnElsewhereAsGivenBack(platform, "drain-late-2");
    }
  }

  private static void goesOnElsewhereAsGivenBack(Platform platform, String name) throws Exception {
    assertThat(platform.isSettled()).isFalse();
    WorkerProcess second = platform.worker(name).awaitReady();
    var result = platform.awaitResults(1).values().iterator().next();
    assertThat(result.path("outcome").asText()).isEqualTo("accepted");
    assertThat(result.at("/job/epoch").asInt()).isEqualTo(2);
    // Neither expired nor counted.
    assertThat(result.at("/job/attempt").asInt()).isEqualTo(1);
    assertThat(second.metric("secateur_claims_total", "taken-over")).isZero();
    platform.await("acknowledged", () -> platform.acknowledged() == 1);
    assertThat(platform.records(platform.deadLetters())).isEmpty();
  }

  private static boolean hasFile(Platform platform, String ending) {
    try (Stream<Path> all = Files.walk(platform.directory)) {
      List<String> names = all.map(Path::toString).toList();
      return names.stream().anyMatch(n -> n.endsWith(ending));
    } catch (java.io.IOException | java.io.UncheckedIOException e) {
      // A file went while the directory was read.
      return true;
    }
  }
}
