package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.secateur.event.CloudEvent;
import dev.secateur.event.EventJson;
import dev.secateur.event.EventType;
import dev.secateur.job.Stage;
import dev.secateur.store.Digests;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Claims, checkpoints and results on a real store. */
abstract class ClaimsContract {
  private static final Duration HEARTBEAT = Duration.ofMillis(300);
  private static final Duration EXPIRY = Duration.ofSeconds(3);
  private static final int WORKERS = 8;

  @TempDir Path directory;

  private final ObjectUri state = ObjectUri.of("s3://artifacts/" + UUID.randomUUID() + "/");
  private final JobKey key =
      new JobKey(Digests.sha256(UUID.randomUUID().toString().getBytes(StandardCharsets.UTF_8)));
  private final ScheduledExecutorService clock = Executors.newScheduledThreadPool(2);

  abstract ObjectStore store();

  @AfterEach
  void stopClock() {
    clock.shutdownNow();
  }

  private Claims claims(String worker) {
    return new Claims(store(), state, worker, HEARTBEAT, EXPIRY, clock);
  }

  private Claim taken(String worker) {
    return ((Claims.Taken) claims(worker).take(key)).claim();
  }

  @Test
  void ofManyWorkersAtOnceOneTakesTheJob() throws Exception {
    ExecutorService workers = Executors.newFixedThreadPool(WORKERS);
    List<Callable<Claims.Answer>> calls = new ArrayList<>();
    for (int w = 0; w < WORKERS; w++) {
      Claims claims = claims("worker-" + w);
      calls.add(() -> claims.take(key));
    }
    int taken = 0;
    for (Future<Claims.Answer> answer : workers.invokeAll(calls)) {
      taken += answer.get() instanceof Claims.Taken ? 1 : 0;
    }
    workers.shutdown();
    assertThat(taken).isEqualTo(1);
  }

  @Test
  void aFileThatIsOnlyBeingWrittenIsNoClaim() {
    ObjectUri temporary = state.resolve("claims/" + key + "/000007-d67eb439-3d49-4269");
    store().write(temporary, new byte[] {1});
    assertThat(taken("one").epoch()).isEqualTo(1);
  }

  @Test
  void aClaimIsBusyWhileItsHeartLives() {
    Claim claim = taken("one");
    Awaitility.await()
        .during(EXPIRY.plusSeconds(1))
        .atMost(EXPIRY.plusSeconds(5))
        .until(() -> claims("two").take(key) instanceof Claims.Busy);
    claim.ensureHeld();
    claim.close();
  }

  @Test
  void aSilentClaimIsTakenOverAndItsOwnerLearnsBeforeItWrites() {
    Claim first = taken("one");
    first.close();
    Claim[] second = new Claim[1];
    Awaitility.await()
        .atMost(EXPIRY.plusSeconds(5))
        .until(
            () -> {
              Claims.Answer answer = claims("two").take(key);
              if (answer instanceof Claims.Taken taken) {
                assertThat(taken.takenOver()).isTrue();
                second[0] = taken.claim();
              }
              return second[0] != null;
            });
    assertThat(second[0].epoch()).isEqualTo(2);
    assertThat(second[0].attempts()).isEqualTo(2);
    assertThatExceptionOfType(ClaimLostException.class).isThrownBy(first::ensureHeld);
    assertThat(first.isLost()).isTrue();
    second[0].close();
  }

  @Test
  void aClaimThatIsGivenBackIsTakenAtOnceAndCountsNoAttempt() {
    Claim first = taken("one");
    first.nextAttempt();
    first.release();
    Claim second = taken("two");
    assertThat(second.epoch()).isEqualTo(2);
    assertThat(second.attempts()).isEqualTo(2);
    second.close();
  }

  /** The store has it, and the worker that asked for it never heard. */
  @Test
  void aClaimWhoseCreationWasNeverConfirmedIsFollowedAtOnceByItsOwnWorkerAndCountsNoAttempt() {
    taken("one").close();
    assertThat(claims("two").take(key)).isInstanceOf(Claims.Busy.class);
    Claims.Taken again = (Claims.Taken) claims("one").take(key);
    assertThat(again.takenOver()).isFalse();
    assertThat(again.claim().epoch()).isEqualTo(2);
    assertThat(again.claim().attempts()).isEqualTo(1);
  }

  @Test
  void aWorkerThatCannotStopItsJobsGivesThemBackAndTheyWriteNoMore() {
    Claims claims = claims("one");
    Claim claim = ((Claims.Taken) claims.take(key)).claim();
    claims.releaseAll();
    assertThatExceptionOfType(ClaimLostException.class).isThrownBy(claim::ensureHeld);
    Claim heir = taken("two");
    assertThat(heir.attempts()).isEqualTo(1);
    assertThatExceptionOfType(ClaimLostException.class).isThrownBy(claim::renew);
    claim.close();
    heir.ensureHeld();
    heir.close();
  }

  @Test
  void theNewestWholeCheckpointIsFoundByTheNextWorker() throws Exception {
    Claim claim = taken("one");
    StoredCheckpoints mine = checkpoints(claim);
    for (int step = 100; step <= 400; step += 100) {
      String text = "step " + step;
      mine.save(Stage.FINE_TUNE, step, file -> write(file, text));
    }
    ObjectUri stage = state.resolve("checkpoints/" + key + "/fine-tune/");
    // Data without a manifest: its writer died in between.
    store().write(stage.resolve("000001-000000500.data"), new byte[] {1});
    // Data that is not what its manifest says.
    store().write(stage.resolve("000001-000000400.data"), new byte[] {2});
    claim.release();
    Claim heir = taken("two");
    Path found = checkpoints(heir).latest(Stage.FINE_TUNE).orElseThrow();
    assertThat(found).hasContent("step 300");
    assertThat(checkpoints(heir).latest(Stage.SAVE)).isEmpty();
    checkpoints(heir).deleteAll();
    assertThat(store().list(state.resolve("checkpoints/"))).isEmpty();
    heir.close();
  }

  /**
   * An heir that could not use what it found starts anew: its own checkpoints count from then on.
   */
  @Test
  void theCheckpointsOfAnHeirThatStartedAnewAreKeptOverLaterStepsOfTheDead() {
    Claim dead = taken("one");
    checkpoints(dead).save(Stage.FINE_TUNE, 900, file -> write(file, "dead 900"));
    checkpoints(dead).save(Stage.FINE_TUNE, 950, file -> write(file, "dead 950"));
    dead.release();
    Claim heir = taken("two");
    for (int step = 10; step <= 30; step += 10) {
      String text = "heir " + step;
      checkpoints(heir).save(Stage.FINE_TUNE, step, file -> write(file, text));
    }
    assertThat(checkpoints(heir).latest(Stage.FINE_TUNE))
        .hasValueSatisfying(file -> assertThat(file).hasContent("heir 30"));
    heir.close();
  }

  /** Neither trouble of the store nor of the disk is worth the job; a lost claim is. */
  @Test
  void aCheckpointThatCannotBeWrittenIsNotKeptAndALostClaimEndsTheJob() {
    Claim claim = taken("one");
    StoredCheckpoints mine = checkpoints(claim);
    mine.save(
        Stage.FINE_TUNE,
        1,
        file -> {
          throw new UncheckedIOException("full", new IOException("No space left on device"));
        });
    assertThat(mine.latest(Stage.FINE_TUNE)).isEmpty();
    claim.release();
    assertThatExceptionOfType(ClaimLostException.class)
        .isThrownBy(() -> mine.save(Stage.FINE_TUNE, 2, file -> write(file, "late")));
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private StoredCheckpoints checkpoints(Claim claim) {
    return new StoredCheckpoints(
        store(),
        state,
        claim,
        directory,
        Duration.ofSeconds(1),
        new StoredCheckpoints.Listener() {
          @Override
          public void written() {}

          @Override
          public void restored(Stage stage, int step) {}
        });
  }

  @Test
  void theFirstResultStands() {
    Results results = new Results(store(), state);
    CloudEvent first = result("first");
    assertThat(results.find(key)).isEmpty();
    assertThat(results.settle(key, first)).isEqualTo(first);
    assertThat(results.settle(key, result("second"))).isEqualTo(first);
    assertThat(results.find(key)).contains(first);
  }

  private CloudEvent result(String worker) {
    return new CloudEvent(
        key + "-result",
        "/test",
        EventType.FAILED,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        EventJson.toTree(java.util.Map.of("worker", worker)));
  }
}
