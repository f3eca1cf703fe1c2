package dev.secateur.worker.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.secateur.job.Stage;
import dev.secateur.ledger.ClaimLostException;
import dev.secateur.ledger.Ledger;
import dev.secateur.ledger.ObjectLedgerStore;
import dev.secateur.ledger.Order;
import dev.secateur.ledger.Received;
import dev.secateur.ledger.Result;
import dev.secateur.ledger.Tenure;
import dev.secateur.ledger.Terms;
import dev.secateur.result.Engine;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Orders, claims, checkpoints and results on a real store. */
abstract class LedgerContract {
  private static final Duration LEASE = Duration.ofSeconds(3);
  private static final Duration STALL = Duration.ofMinutes(5);
  private static final int WORKERS = 8;

  @TempDir Path directory;

  final ObjectUri state = ObjectUri.of("s3://artifacts/" + UUID.randomUUID() + "/");
  final Order order = order("one", "job-of-one");

  abstract ObjectStore store();

  Ledger ledger(String worker) {
    return new Ledger(
        new ObjectLedgerStore(store(), state),
        InstantSource.system(),
        new Terms(worker, Engine.VERSION, LEASE, STALL));
  }

  static Order order(String name, String job) {
    return new Order(
        Order.idOf("/test", name),
        new Received("t", 0, 1, Optional.empty(), new byte[] {1}, List.of()),
        "model-" + name,
        "1",
        "tenant/with a slash",
        Order.USUAL,
        Instant.now(),
        job,
        Engine.VERSION,
        JsonNodeFactory.instance.objectNode());
  }

  Tenure taken(String worker) {
    return ledger(worker).next().orElseThrow();
  }

  static void beat(Tenure tenure) {
    tenure.beat("fine-tune", 1, 0, Duration.ZERO, 0.5);
  }

  @Test
  void ofManyWorkersAtOnceOneTakesTheOrder() throws Exception {
    ledger("intake").orders().register(order);
    ExecutorService workers = Executors.newFixedThreadPool(WORKERS);
    List<Callable<Optional<Tenure>>> calls = new ArrayList<>();
    for (int w = 0; w < WORKERS; w++) {
      calls.add(ledger("worker-" + w)::next);
    }
    int taken = 0;
    for (Future<Optional<Tenure>> answer : workers.invokeAll(calls)) {
      taken += answer.get().isPresent() ? 1 : 0;
    }
    workers.shutdown();
    assertThat(taken).isEqualTo(1);
  }

  /** As a store over a file system may show it. */
  @Test
  void aFileThatIsOnlyBeingWrittenIsNoClaim() {
    ledger("intake").orders().register(order);
    ObjectUri temporary = state.resolve("claims/" + order.id() + "/000007-d67eb439-3d49-4269");
    store().write(temporary, new byte[] {1});
    assertThat(taken("one").epoch()).isEqualTo(1);
  }

  @Test
  void anEventThatComesAgainFindsItsOrderAndItsAnswer() {
    Ledger ledger = ledger("one");
    assertThat(ledger.orders().register(order).result()).isEmpty();
    Order again =
        new Order(
            order.id(),
            order.received(),
            "other",
            "2",
            "other",
            9,
            Instant.now(),
            "other",
            "v0",
            order.resolved());
    assertThat(ledger.orders().register(again).order().model()).isEqualTo("model-one");
    Tenure tenure = ledger.next().orElseThrow();
    Result mine = result(order.id(), "one");
    assertThat(ledger.settle(tenure, mine).event()).isEqualTo(mine.event());
    assertThat(ledger.isPending(order.id())).isTrue();
    ledger.close(tenure);
    assertThat(ledger.isPending(order.id())).isFalse();
    assertThat(ledger.orders().register(again).result().orElseThrow().event())
        .isEqualTo(mine.event());
    assertThat(store().list(state.resolve("claims/"))).isEmpty();
    assertThat(store().list(state.resolve("pending/"))).isEmpty();
    assertThat(ledger.next()).isEmpty();
  }

  @Test
  void aClaimIsBusyWhileItsHeartLives() {
    ledger("intake").orders().register(order);
    Tenure tenure = taken("one");
    Ledger other = ledger("two");
    Awaitility.await()
        .during(LEASE.plusSeconds(3))
        .atMost(LEASE.multipliedBy(40))
        .until(
            () -> {
              beat(tenure);
              return other.next().isEmpty();
            });
    tenure.ensureHeld();
    tenure.close();
  }

  @Test
  void aSilentClaimIsTakenOverAndItsOwnerLearnsBeforeItWrites() {
    ledger("intake").orders().register(order);
    Tenure first = taken("one");
    Ledger other = ledger("two");
    Tenure second =
        Awaitility.await()
            .atMost(LEASE.multipliedBy(40))
            .until(other::next, Optional::isPresent)
            .orElseThrow();
    assertThat(second.isTakenOver()).isTrue();
    assertThat(second.epoch()).isEqualTo(2);
    assertThat(second.attempts()).isEqualTo(2);
    assertThatExceptionOfType(ClaimLostException.class).isThrownBy(first::ensureHeld);
    assertThat(first.isLost()).isTrue();
  }

  @Test
  void aClaimThatIsGivenBackIsTakenAtOnceAndCountsNoAttempt() {
    ledger("intake").orders().register(order);
    Tenure first = taken("one");
    first.nextAttempt();
    first.giveBack();
    Tenure second = taken("two");
    assertThat(second.epoch()).isEqualTo(2);
    assertThat(second.attempts()).isEqualTo(2);
    assertThat(second.isTakenOver()).isFalse();
    assertThatExceptionOfType(ClaimLostException.class).isThrownBy(first::ensureHeld);
    assertThatExceptionOfType(ClaimLostException.class).isThrownBy(() -> beat(first));
    second.ensureHeld();
  }

  @Test
  void whatWaitsAndRunsIsCountedOnceForAll() {
    Ledger ledger = ledger("one");
    ledger.orders().register(order);
    ledger.orders().register(order("two", "job-of-two"));
    ledger.orders().register(order("three", "job-of-three"));
    assertThat(ledger.next()).isPresent();
    var counted = ledger.census(Duration.ZERO);
    assertThat(counted.waiting()).isEqualTo(2);
    assertThat(counted.running()).isEqualTo(1);
    assertThat(counted.orders().orElseThrow()).hasSize(3);
    var told = ledger("other").census(Duration.ofHours(1));
    assertThat(told.waiting()).isEqualTo(2);
    assertThat(told.orders()).isEmpty();
  }

  @Test
  void theNewestWholeCheckpointIsFoundByTheNextWorker() throws Exception {
    ledger("intake").orders().register(order);
    Tenure tenure = taken("one");
    StoredCheckpoints mine = checkpoints(tenure, new Pulse());
    for (int step = 100; step <= 400; step += 100) {
      String text = "step " + step;
      mine.save(Stage.FINE_TUNE, step, file -> write(file, text));
    }
    ObjectUri stage =
        state.resolve("checkpoints/" + order.id() + "/" + Engine.VERSION + "/fine-tune/");
    // Data without a manifest: its writer died in between.
    store().write(stage.resolve("000001-000000500.data"), new byte[] {1});
    // Data that is not what its manifest says.
    store().write(stage.resolve("000001-000000400.data"), new byte[] {2});
    tenure.giveBack();
    Tenure heir = taken("two");
    Pulse pulse = new Pulse();
    StoredCheckpoints theirs = checkpoints(heir, pulse);
    assertThat(theirs.furthest()).isEqualTo(Pulse.position(Stage.FINE_TUNE, 400));
    assertThat(theirs.latest(Stage.FINE_TUNE).orElseThrow()).hasContent("step 300");
    assertThat(pulse.kept()).isEqualTo(Pulse.position(Stage.FINE_TUNE, 300));
    assertThat(theirs.latest(Stage.SAVE)).isEmpty();
    Ledger ledger = ledger("two");
    ledger.settle(heir, result(order.id(), "two"));
    ledger.close(heir);
    assertThat(store().list(state.resolve("checkpoints/"))).isEmpty();
  }

  /**
   * An heir that could not use what it found starts anew: its own checkpoints count from then on.
   */
  @Test
  void theCheckpointsOfAnHeirThatStartedAnewAreKeptOverLaterStepsOfTheDead() {
    ledger("intake").orders().register(order);
    Tenure dead = taken("one");
    checkpoints(dead, new Pulse()).save(Stage.FINE_TUNE, 900, file -> write(file, "dead 900"));
    checkpoints(dead, new Pulse()).save(Stage.FINE_TUNE, 950, file -> write(file, "dead 950"));
    dead.giveBack();
    Tenure heir = taken("two");
    for (int step = 10; step <= 30; step += 10) {
      String text = "heir " + step;
      checkpoints(heir, new Pulse()).save(Stage.FINE_TUNE, step, file -> write(file, text));
    }
    assertThat(checkpoints(heir, new Pulse()).latest(Stage.FINE_TUNE))
        .hasValueSatisfying(file -> assertThat(file).hasContent("heir 30"));
  }

  /** Neither trouble of the store nor of the disk is worth the job; a lost claim is. */
  @Test
  void aCheckpointThatCannotBeWrittenIsNotKeptAndALostClaimEndsTheJob() {
    ledger("intake").orders().register(order);
    Tenure tenure = taken("one");
    StoredCheckpoints mine = checkpoints(tenure, new Pulse());
    mine.save(
        Stage.FINE_TUNE,
        1,
        file -> {
          throw new UncheckedIOException("full", new IOException("No space left on device"));
        });
    assertThat(mine.latest(Stage.FINE_TUNE)).isEmpty();
    tenure.giveBack();
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

  private StoredCheckpoints checkpoints(Tenure tenure, Pulse pulse) {
    return new StoredCheckpoints(
        store(),
        state,
        tenure,
        0,
        pulse,
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
    Ledger ledger = ledger("one");
    ledger.orders().register(order);
    Tenure tenure = ledger.next().orElseThrow();
    Result first = result(order.id(), "first");
    assertThat(ledger.settle(tenure, first).event()).isEqualTo(first.event());
    assertThat(ledger.settle(tenure, result(order.id(), "second")).event())
        .isEqualTo(first.event());
  }

  static Result result(String order, String worker) {
    return new Result(
        order,
        1,
        1,
        worker,
        Engine.VERSION,
        "failed",
        false,
        false,
        JsonNodeFactory.instance.objectNode().put("worker", worker),
        Instant.now());
  }
}
