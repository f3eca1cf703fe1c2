package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.secateur.demo.WorkerProcess;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoredObject;
import dev.secateur.worker.run.Hooks;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The packaged worker, killed, paused and told to stop, as a process. */
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock(Platform.SECOND_LANE)
final class DeathIT {
  /** More in {@code bench/chaos}. */
  private static final int KILLS = Integer.getInteger("secateur.kills", 10);

  private static final long SEED = Long.getLong("secateur.seed", 20260101);
  private static final int EPOCHS = 12;

  /** Long enough that many of the random moments are in the training. */
  private static final int LONG_TRAINING = 24;

  private static final int STEPS_PER_EPOCH = 32;

  /** In epochs, on average and at most; two were seen on a busy machine. */
  private static final int COST_OF_A_KILL = 6;

  @Test
  void jobsOfWorkersThatAreKilledAtRandomMomentsEndInOneResultEachAndNoneStartsOver()
      throws Exception {
    Random random = new Random(SEED);
    int jobs = 0;
    try (Platform platform = new Platform("killed", 2)) {
      Resumptions resumptions = new Resumptions(platform);
      WorkerProcess worker = killable(platform, 0);
      for (int kills = 1; kills <= KILLS; kills++) {
        for (; jobs < platform.distinctResults().size() + 2; jobs++) {
          platform.publish(platform.job("shapes", "v" + jobs, LONG_TRAINING));
        }
        awaitOneOf(random.nextInt(4), platform, worker);
        LockSupport.parkNanos(Duration.ofMillis(random.nextInt(4000)).toNanos());
        worker.process().signal("KILL");
        worker.process().exitCode(Platform.LONG);
        resumptions.ended(worker);
        resumptions.expect();
        worker = killable(platform, kills);
      }
      Map<String, JsonNode> results = platform.awaitResults(jobs);
      platform.await("all acknowledged", () -> platform.acknowledged() == results.size());
      resumptions.ended(worker);
      System.out.printf("kills %d, jobs %d; %s%n", KILLS, jobs, resumptions);
      assertThat(results).hasSize(jobs);
      assertThat(results.values())
          .allSatisfy(r -> assertThat(r.path("outcome").asText()).isEqualTo("accepted"));
      assertThat(platform.records(platform.deadLetters())).isEmpty();
      assertThat(resumptions.seen()).isGreaterThanOrEqualTo(KILLS / 5);
      // A kill costs the training since the last checkpoint.
      assertThat(resumptions.epochs())
          .isBetween(jobs * LONG_TRAINING, jobs * LONG_TRAINING + KILLS * COST_OF_A_KILL);
    }
  }

  private static WorkerProcess killable(Platform platform, int number) throws Exception {
    Map<String, String> settings =
        Map.of(
            "secateur.jobs.max-attempts",
            "1000",
            "quarkus.log.console.format",
            Resumptions.LOG_FORMAT);
    return platform.worker("killed-" + number, settings).awaitReady();
  }

  /** From where the moment is counted: most of a worker's short life is not training. */
  private static void awaitOneOf(int beginning, Platform platform, WorkerProcess worker) {
    switch (beginning) {
      case 0 -> worker.awaitReady();
      case 1 -> platform.await("a job", () -> worker.process().output().contains(": claim "));
      default -> platform.await("training", () -> worker.process().output().contains(" epoch: "));
    }
  }

  @Test
  void aKilledJobGoesOnFromItsCheckpointToTheBytesOfOneThatWasNot() throws Exception {
    try (Platform platform = new Platform("resumed", 1)) {
      platform.publish(platform.job("shapes", "1", EPOCHS));
      WorkerProcess first = platform.worker("resumed-1").awaitReady();
      platform.await("a checkpoint", () -> hasManifest(platform));
      first.process().signal("KILL");
      long step = lastStep(platform);
      WorkerProcess second = platform.worker("resumed-2").awaitReady();
      JsonNode resumed = platform.awaitResults(1).values().iterator().next();
      assertThat(resumed.path("outcome").asText()).isEqualTo("accepted");
      assertThat(resumed.at("/job/epoch").asInt()).isEqualTo(2);
      assertThat(second.metric("secateur_checkpoints_total", "restored")).isPositive();
      assertThat(second.metric("secateur_claims_total", "taken-over")).isEqualTo(1);
      double redone = second.metric("secateur_training_steps_total");
      System.out.printf("killed after step %d; the next worker ran %.0f steps%n", step, redone);
      assertThat(redone).isLessThanOrEqualTo(EPOCHS * STEPS_PER_EPOCH - step);

      // The same work under another version, so under another key, and undisturbed.
      platform.publish(platform.job("shapes", "2", EPOCHS));
      platform.awaitResults(2);
      JsonNode whole =
          platform.distinctResults().values().stream()
              .filter(r -> r.at("/model/version").asText().equals("2"))
              .findFirst()
              .orElseThrow();
      for (String file : List.of("pruned.h5", "fp32.tflite", "int8.tflite")) {
        assertThat(digest(resumed, file)).as(file).isEqualTo(digest(whole, file));
      }
    }
  }

  private static boolean hasManifest(Platform platform) {
    return lastStep(platform) > 0;
  }

  private static long lastStep(Platform platform) {
    return platform.store.list(platform.state.resolve("checkpoints/")).stream()
        .map(o -> o.uri().fileName())
        .filter(n -> n.endsWith(".json"))
        .mapToLong(n -> Long.parseLong(n.substring(n.indexOf('-') + 1, n.length() - 5)))
        .max()
        .orElse(0);
  }

  private static String digest(JsonNode result, String file) {
    return result.path("artifacts").path(file).path("sha256").asText();
  }

  @ParameterizedTest
  @ValueSource(strings = {"RESULT_STORED", "EVENT_SENT"})
  void aWorkerThatDiesBetweenResultAndAcknowledgementLeavesOneResult(String place)
      throws Exception {
    String name = "failpoint-" + place.toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    try (Platform platform = new Platform(name, 1)) {
      WorkerProcess first =
          platform.worker(name + "-1", Map.of(Hooks.FAILPOINT, place)).awaitReady();
      platform.publish(platform.job("shapes", "1", 1));
      assertThat(first.process().exitCode(Platform.LONG)).isEqualTo(137);
      assertThat(platform.store.list(platform.state.resolve("results/"))).hasSize(1);
      WorkerProcess second = platform.worker(name + "-2").awaitReady();
      platform.awaitResults(1);
      platform.await("settled", () -> platform.isSettled());
      assertThat(platform.acknowledged()).isEqualTo(1);
      assertThat(second.metric("secateur_duplicates_total")).isEqualTo(1);
      assertThat(second.metric("secateur_claims_total")).isZero();
      assertThat(platform.distinctResults()).hasSize(1);
      assertThat(platform.results()).hasSize(place.equals("EVENT_SENT") ? 2 : 1);
    }
  }

  @Test
  void aJobThatKillsItsWorkerEachTimeEndsInFailedAndInTheDeadLetters() throws Exception {
    try (Platform platform = new Platform("poison", 1)) {
      Map<String, String> settings = Map.of("secateur.jobs.max-attempts", "2");
      platform.publish(platform.job("shapes", "1", 500));
      for (int attempt = 1; attempt <= 2; attempt++) {
        WorkerProcess worker = platform.worker("poison-" + attempt, settings).awaitReady();
        int epoch = attempt;
        platform.await("training", () -> isTraining(platform, epoch));
        worker.process().signal("KILL");
      }
      platform.worker("poison-3", settings).awaitReady();
      JsonNode result = platform.awaitResults(1).values().iterator().next();
      assertThat(result.path("outcome").asText()).isEqualTo("failed");
      assertThat(result.at("/reason/code").asText()).isEqualTo("attempts-exhausted");
      platform.await("a dead letter", () -> platform.records(platform.deadLetters()).size() == 1);
      platform.await("acknowledged", () -> platform.acknowledged() == 1);
    }
  }

  private static boolean isTraining(Platform platform, int epoch) {
    return platform.progress().stream()
        .anyMatch(
            e ->
                e.data().path("stage").asText().equals("fine-tune")
                    && e.data().at("/job/epoch").asInt() == epoch);
  }

  @Test
  void aWorkerThatIsToldToStopCheckpointsAndLeavesItsRecordsToOthers() throws Exception {
    try (Platform platform = new Platform("drained", 1)) {
      WorkerProcess first = platform.worker("drained-1").awaitReady();
      // An idle worker starts what it has taken in, whichever of several that is.
      platform.publish(platform.job("shapes", "v0", 300));
      platform.await("training", () -> hasManifest(platform));
      for (int j = 1; j < 5; j++) {
        platform.publish(platform.job("shapes", "v" + j, 1));
      }
      long asked = System.nanoTime();
      first.process().signal("TERM");
      assertThat(first.process().exitCode(Platform.LONG)).isZero();
      System.out.printf("drained in %d ms%n", (System.nanoTime() - asked) / 1_000_000);
      assertThat(platform.results()).isEmpty();
      assertThat(platform.records(platform.deadLetters())).isEmpty();

      WorkerProcess second = platform.worker("drained-2").awaitReady();
      platform.await("taken up", () -> second.metric("secateur_checkpoints_total", "restored") > 0);
      // Given back, not expired.
      assertThat(second.metric("secateur_claims_total", "taken-over")).isZero();
      platform.awaitResults(5);
      platform.await("all acknowledged", () -> platform.acknowledged() == 5);
      assertThat(platform.results()).hasSize(5);
      assertThat(platform.distinctResults().values())
          .allSatisfy(r -> assertThat(r.path("outcome").asText()).isEqualTo("accepted"));
    }
  }

  @Test
  void aWorkerThatWasPausedPastItsExpiryOverwritesNothing() throws Exception {
    try (Platform platform = new Platform("zombie", 1)) {
      WorkerProcess zombie = platform.worker("zombie-1").awaitReady();
      platform.publish(platform.job("shapes", "1", 60));
      platform.await("training", () -> hasManifest(platform));
      zombie.process().signal("STOP");
      WorkerProcess heir = platform.worker("zombie-2").awaitReady();
      JsonNode result = platform.awaitResults(1).values().iterator().next();
      assertThat(result.path("outcome").asText()).isEqualTo("accepted");
      assertThat(result.at("/job/epoch").asInt()).isEqualTo(2);
      Map<String, String> before = objects(platform);
      zombie.process().signal("CONT");
      platform.await(
          "the zombie to notice", () -> zombie.metric("secateur_claims_total", "lost") == 1);
      platform.await("acknowledged", () -> platform.acknowledged() == 1);
      LockSupport.parkNanos(Duration.ofSeconds(2).toNanos());
      assertThat(objects(platform)).isEqualTo(before);
      assertThat(platform.distinctResults()).hasSize(1);
      assertThat(heir.metric("secateur_claims_total", "taken-over")).isEqualTo(1);
    }
  }

  /** Artifacts and results by key; claims and checkpoints are each worker's own. */
  private static Map<String, String> objects(Platform platform) {
    Map<String, String> etags = new java.util.TreeMap<>();
    List<StoredObject> all = new java.util.ArrayList<>();
    all.addAll(platform.store.list(ObjectUri.of("s3://artifacts/out-" + platform.name + "/")));
    all.addAll(platform.store.list(platform.state.resolve("results/")));
    all.forEach(o -> etags.put(o.uri().key(), o.etag()));
    return etags;
  }

  @Test
  void aJobOutlivesTheRebalancesOfAWorkerThatJoinsAndLeaves() throws Exception {
    try (Platform platform = new Platform("rebalanced", 2)) {
      WorkerProcess first = platform.worker("rebalanced-1").awaitReady();
      platform.publish(platform.job("shapes", "1", 60));
      platform.await("training", () -> isTraining(platform, 1));
      WorkerProcess second = platform.worker("rebalanced-2").awaitReady();
      platform.await(
          "two members",
          () -> second.metric("kafka_consumer_coordinator_assigned_partitions") == 1);
      assertThat(platform.results()).as("the job runs through both rebalances").isEmpty();
      second.process().signal("TERM");
      JsonNode result = platform.awaitResults(1).values().iterator().next();
      assertThat(result.path("outcome").asText()).isEqualTo("accepted");
      platform.await("acknowledged", () -> platform.acknowledged() == 1);
      assertThat(platform.distinctResults()).hasSize(1);
      assertThat(first.metric("secateur_claims_total", "lost")).isZero();
    }
  }
}
