package dev.secateur.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.secateur.ledger.Pauses.Scope;
import dev.secateur.store.Created;
import dev.secateur.store.StoreException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What an idle worker gets next, on a store that never fails. */
class QueueTest {
  private static final Duration LEASE = Duration.ofSeconds(20);

  private long now = 1_700_000_000_000L;

  /** Done once, when the next claim is about to be created. */
  private Optional<Runnable> beforeCreating = Optional.empty();

  private final MemoryStore store =
      new MemoryStore(() -> now) {
        @Override
        public Created create(String key, byte[] content) {
          if (key.startsWith(Keys.CLAIMS)) {
            Optional<Runnable> first = beforeCreating;
            beforeCreating = Optional.empty();
            first.ifPresent(Runnable::run);
          }
          return super.create(key, content);
        }
      };

  private final Ledger ledger = ledger("worker");

  private Ledger ledger(String worker) {
    return new Ledger(
        store,
        () -> Instant.ofEpochMilli(now),
        new Terms(worker, "v1", LEASE, Duration.ofMinutes(1)));
  }

  private static Order order(String name, String tenant, int priority, long since) {
    return order(name, tenant, priority, since, "job-of-" + name);
  }

  private static Order order(String name, String tenant, int priority, long since, String job) {
    return new Order(
        Order.idOf("/test", name),
        new Received("t", 0, 1, Optional.empty(), new byte[] {1}, List.of()),
        "model-" + name,
        "1",
        tenant,
        priority,
        Instant.ofEpochMilli(since),
        job,
        "v1",
        JsonNodeFactory.instance.objectNode());
  }

  private void register(Order... orders) {
    for (Order order : orders) {
      ledger.orders().register(order);
    }
  }

  private String next() {
    return ledger.next().map(t -> t.order().model()).orElse("nothing");
  }

  private Result answer(Order order, boolean shared) {
    return new Result(
        order.id(),
        1,
        1,
        "worker",
        "v1",
        shared ? "accepted" : "failed",
        shared,
        false,
        JsonNodeFactory.instance.objectNode().put("of", order.model()),
        Instant.ofEpochMilli(now));
  }

  private Result settled(Tenure tenure, boolean shared) {
    Result result = ledger.settle(tenure, answer(tenure.order(), shared));
    ledger.close(tenure);
    return result;
  }

  @Test
  void theHighestPriorityIsFirstThenTheOldest() {
    register(
        order("old", "a", 4, 1),
        order("older", "a", 4, 0),
        order("urgent", "a", 9, 5),
        order("idle", "a", 0, 0));
    assertThat(List.of(next(), next(), next(), next(), next()))
        .containsExactly("model-urgent", "model-older", "model-old", "model-idle", "nothing");
  }

  @Test
  void tenantsTakeTurnsHoweverMuchOneAsksFor() {
    for (int n = 0; n < 500; n++) {
      register(order("sweep-" + n, "sweep", 4, n));
    }
    register(order("one", "other team", 4, 1_000), order("two", "other team", 4, 1_001));
    List<String> first = List.of(next(), next(), next(), next());
    assertThat(first).contains("model-one", "model-two");
    assertThat(next()).startsWith("model-sweep-");
  }

  /** Whose follower had looked before that, and was held up. */
  @Test
  void whatIsGivenBackWhileItsFollowerLooksCountsNothing() {
    register(order("held", "a", 4, 1));
    Tenure paused = ledger("paused").next().orElseThrow();
    now += LEASE.plusSeconds(2).toMillis();
    beforeCreating = Optional.of(paused::giveBack);
    Tenure follower = ledger("slow").next().orElseThrow();
    assertThat(follower.attempts()).isEqualTo(1);
    // It dies before it has told anybody.
    now += LEASE.plusSeconds(2).toMillis();
    Tenure heir = ledger("heir").next().orElseThrow();
    assertThat(heir.epoch()).isEqualTo(3);
    assertThat(heir.attempts()).isEqualTo(2);
    now += LEASE.plusSeconds(2).toMillis();
    assertThat(ledger("next").next().orElseThrow().attempts()).isEqualTo(3);
  }

  /** As a checkpoint that was found after a long pause. */
  @Test
  void whatGetsOnWhileItsFollowerLooksIsNoFailedAttempt() {
    register(order("held", "a", 4, 1));
    var unused = ledger("first").next().orElseThrow();
    now += LEASE.plusSeconds(2).toMillis();
    Tenure second = ledger("second").next().orElseThrow();
    assertThat(second.attempts()).isEqualTo(2);
    now += LEASE.plusSeconds(2).toMillis();
    beforeCreating = Optional.of(() -> second.found(7));
    Tenure third = ledger("third").next().orElseThrow();
    assertThat(third.attempts()).isEqualTo(1);
  }

  /** And is put in the queue once more, by an intake that was held up as long. */
  @Test
  void whatIsGivenBackAfterItsOrderWasClosedKeepsNobodyFromIt() {
    Order order = order("late", "a", 4, 1);
    register(order);
    String waiting =
        store.objects.keySet().stream()
            .filter(k -> k.startsWith(Keys.PENDING))
            .findAny()
            .orElseThrow();
    Tenure paused = ledger("paused").next().orElseThrow();
    now += LEASE.plusSeconds(2).toMillis();
    settled(ledger.next().orElseThrow(), false);
    paused.giveBack();
    store.put(waiting, new byte[0]);
    now += LEASE.plusSeconds(2).toMillis();
    Tenure again = ledger("other").next().orElseThrow();
    assertThat(again.result()).isPresent();
    ledger("other").close(again);
    assertThat(store.objects.keySet()).noneMatch(k -> k.startsWith(Keys.PENDING));
    assertThat(store.objects.keySet()).noneMatch(k -> k.startsWith(Keys.CLAIMS));
  }

  @Test
  void whatADeadWorkerLeftIsNextWhateverElseWaits() {
    register(order("left", "a", 0, 1));
    assertThat(ledger("dead").next()).isPresent();
    register(order("urgent", "a", 9, 1), order("second", "a", 9, 2));
    assertThat(next()).isEqualTo("model-urgent");
    now += LEASE.plusSeconds(1).toMillis();
    assertThat(next()).isEqualTo("model-left");
  }

  @Test
  void whatIsGivenBackIsHadAtOnceAndCountsNoAttempt() {
    register(order("one", "a", 4, 1));
    ledger("drained").next().orElseThrow().giveBack();
    Tenure heir = ledger.next().orElseThrow();
    assertThat(heir.epoch()).isEqualTo(2);
    assertThat(heir.attempts()).isEqualTo(1);
  }

  @Test
  void equalOrdersAreAnsweredByTheFirstWhenItsAnswerWasSent() {
    Order first = order("first", "a", 4, 1, "same");
    Order second = order("second", "b", 9, 2, "same");
    register(first);
    Tenure tenure = ledger.next().orElseThrow();
    register(second);
    assertThat(next()).isEqualTo("nothing");
    Result result = settled(tenure, true);
    Tenure follower = ledger.next().orElseThrow();
    assertThat(follower.order().id()).isEqualTo(second.id());
    assertThat(follower.result().orElseThrow().event()).isEqualTo(result.event());
    assertThat(follower.result().orElseThrow().epoch()).isZero();
  }

  @Test
  void anAnswerThatIsOnesOwnAnswersNobodyElse() {
    register(order("first", "a", 4, 1, "same"), order("second", "a", 4, 2, "same"));
    settled(ledger.next().orElseThrow(), false);
    Tenure second = ledger.next().orElseThrow();
    assertThat(second.order().model()).isEqualTo("model-second");
    assertThat(second.result()).isEmpty();
  }

  @Test
  void anUrgentOrderThatEqualsAPatientOneDoesNotWaitForIt() {
    Order patient = order("patient", "a", 0, 1, "same");
    register(patient);
    ledger.next().orElseThrow().giveBack();
    register(order("urgent", "b", 9, 2, "same"));
    assertThat(next()).isEqualTo("model-patient");
  }

  @Test
  void whatIsPausedIsNotBegunAndTheRestIs() {
    register(order("one", "a", 9, 1), order("two", "b", 4, 2), order("three", "c", 0, 3));
    ledger.pauses().pause(new Scope.Model("model-one"));
    ledger.pauses().pause(new Scope.Tenant("b"));
    assertThat(List.of(next(), next())).containsExactly("model-three", "nothing");
    ledger.pauses().pause(new Scope.All());
    ledger.pauses().resume(new Scope.Model("model-one"));
    assertThat(next()).isEqualTo("nothing");
    ledger.pauses().resume(new Scope.All());
    assertThat(List.of(next(), next())).containsExactly("model-one", "nothing");
  }

  /** Ten thousand orders of a paused model must not cost ten thousand requests a second. */
  @Test
  void ordersThatArePausedAreReadOnce() {
    int[] reads = new int[1];
    LedgerStore counting =
        (LedgerStore)
            java.lang.reflect.Proxy.newProxyInstance(
                LedgerStore.class.getClassLoader(),
                new Class<?>[] {LedgerStore.class},
                (proxy, method, arguments) -> {
                  reads[0] += method.getName().equals("get") ? 1 : 0;
                  return method.invoke(store, arguments);
                });
    Ledger worker =
        new Ledger(
            counting,
            () -> Instant.ofEpochMilli(now),
            new Terms("counting", "v1", LEASE, Duration.ofMinutes(1)));
    for (int n = 0; n < 50; n++) {
      Order one = order("paused-" + n, "tenant-" + n % 3, 4, n);
      register(one);
      ledger.pauses().pause(new Scope.Model(one.model()));
    }
    assertThat(worker.next()).isEmpty();
    assertThat(reads[0]).isGreaterThanOrEqualTo(50);
    reads[0] = 0;
    assertThat(worker.next()).isEmpty();
    assertThat(reads[0]).isZero();
  }

  /** One that this worker cannot deal with keeps it from no other, and is the others' to try. */
  @Test
  void anOrderThatWasLeftIsNotHadAgainForAWhileAndTheOthersAre() {
    register(order("odd", "a", 9, 0), order("even", "a", 4, 1));
    Tenure odd = ledger.next().orElseThrow();
    ledger.leave(odd, Duration.ofMinutes(1));
    odd.close();
    assertThat(List.of(next(), next())).containsExactly("model-even", "nothing");
    Tenure others = ledger("other").next().orElseThrow();
    assertThat(others.order().model()).isEqualTo("model-odd");
    others.giveBack();
    others.close();
    assertThat(next()).isEqualTo("model-odd");
  }

  @Test
  void anOrderThatWasLeftIsHadAgainLater() {
    register(order("odd", "a", 9, 0));
    Tenure odd = ledger.next().orElseThrow();
    ledger.leave(odd, Duration.ofMinutes(1));
    odd.close();
    assertThat(next()).isEqualTo("nothing");
    now += Duration.ofMinutes(2).toMillis();
    assertThat(next()).isEqualTo("model-odd");
  }

  /** A newer version wrote it: each look must not leave another claim. */
  @Test
  void anOrderWhoseResultCannotBeReadIsClaimedOnceInALease() {
    Order order = order("odd", "a", 4, 0);
    register(order);
    store.put("results/" + order.id(), "{\"format\":99}".getBytes(StandardCharsets.UTF_8));
    for (int look = 0; look < 5; look++) {
      assertThat(next()).isEqualTo("nothing");
      now += 1000;
    }
    assertThat(store.names("claims/" + order.id() + "/", "", 100)).hasSize(1);
  }

  @Test
  void cancelsOfOrdersThatNeverCameAreForgottenAndHideNoOthers() {
    for (int n = 0; n < 1500; n++) {
      ledger.cancels().request(Order.idOf("/nobody", String.valueOf(n)));
    }
    assertThat(ledger.cancels().requested()).hasSize(1500);
    Order waiting = order("one", "a", 4, 0);
    register(waiting);
    ledger.cancels().request(waiting.id());
    now += Duration.ofDays(2).toMillis();
    ledger.retention().sweep(Duration.ofDays(45));
    assertThat(ledger.cancels().requested()).containsExactly(waiting.id());
  }

  @Test
  void whatIsToBeEndedIsHadThoughItIsPausedAndAWorkerIsBusy() {
    Order order = order("one", "a", 4, 1);
    register(order);
    ledger.pauses().pause(new Scope.All());
    assertThat(ledger.nextCancelled()).isEmpty();
    ledger.cancels().request(order.id());
    Tenure tenure = ledger.nextCancelled().orElseThrow();
    assertThat(tenure.isCancelled()).isTrue();
    settled(tenure, false);
    assertThat(ledger.cancels().requested()).isEmpty();
    assertThat(ledger.nextCancelled()).isEmpty();
  }

  @Test
  void anEventThatComesAgainIsTheOrderThatItWas() {
    Order first = order("one", "a", 4, 1);
    Order again = order("one", "b", 9, 2);
    register(first);
    assertThat(ledger.orders().register(again).order().tenant()).isEqualTo("a");
    settled(ledger.next().orElseThrow(), true);
    Orders.Registration third = ledger.orders().register(again);
    assertThat(third.result()).isPresent();
    assertThat(next()).isEqualTo("nothing");
  }

  /** Each object but one order's own: damaged, of a newer format, or empty. */
  @Test
  void whateverObjectCannotBeReadTheOtherOrdersAreHad() {
    Random random = new Random(1);
    for (int round = 0; round < 300; round++) {
      store.objects.clear();
      register(order("one", "a", 9, 1), order("two", "a", 4, 2), order("three", "a", 4, 3, "job"));
      Ledger other = ledger("other-" + round);
      Tenure held = other.next().orElseThrow();
      held.beat("train", 3, 2, Duration.ZERO, 0.5);
      Order sound = order("sound", "z", 0, 9);
      register(sound);
      List<String> keys = new ArrayList<>(store.objects.keySet());
      keys.removeIf(key -> key.contains(sound.id()) || key.startsWith(Keys.PENDING));
      String victim = keys.get(random.nextInt(keys.size()));
      byte[] damage =
          switch (random.nextInt(3)) {
            case 0 -> new byte[0];
            case 1 -> "{\"format\":1,".getBytes(StandardCharsets.UTF_8);
            default -> "{\"format\":99}".getBytes(StandardCharsets.UTF_8);
          };
      store.put(victim, damage);
      Ledger mine = ledger("mine-" + round);
      List<String> had = new ArrayList<>();
      for (Optional<Tenure> t = mine.next(); t.isPresent(); t = mine.next()) {
        had.add(t.get().order().model());
      }
      assertThat(had).as("damaged: %s", victim).contains("model-sound");
      assertThat(had.size()).as("damaged: %s", victim).isGreaterThanOrEqualTo(2);
    }
  }

  @Test
  void whatIsSettledIsKeptForItsTimeAndThenGone() {
    Order done = order("done", "a", 4, 1);
    register(done);
    settled(ledger.next().orElseThrow(), true);
    ledger.defects().count("t-0-7", 3);
    Order waiting = order("waiting", "a", 4, 2);
    register(waiting);
    now += Duration.ofHours(2).toMillis();
    ledger.retention().sweep(Duration.ofDays(30));
    assertThat(ledger.orders().result(done.id())).isPresent();
    now += Duration.ofDays(31).toMillis();
    ledger.retention().sweep(Duration.ofDays(30));
    assertThat(store.objects.keySet())
        .containsExactlyInAnyOrder(Keys.order(waiting.id()), Keys.pending(waiting));
  }

  @Test
  void aJobGoesOnWhileItsSignOfLifeIsOnItsWay() {
    register(order("one", "a", 4, 1));
    List<Tenure> held = new ArrayList<>();
    List<Boolean> waited = new ArrayList<>();
    MemoryStore slow =
        new MemoryStore(() -> now) {
          @Override
          public void put(String key, byte[] content) {
            if (key.endsWith(Keys.HEART) && !held.isEmpty()) {
              Thread job = new Thread(held.get(0)::isLost);
              job.start();
              while (job.isAlive() && !waitsForThis(job)) {
                Thread.onSpinWait();
              }
              waited.add(job.isAlive());
            }
            super.put(key, content);
          }
        };
    slow.objects.putAll(store.objects);
    Terms terms = new Terms("worker", "v1", LEASE, Duration.ofMinutes(1));
    held.add(new Ledger(slow, () -> Instant.ofEpochMilli(now), terms).next().orElseThrow());
    held.get(0).beat("train", 1, 0, Duration.ZERO, 0.1);
    assertThat(waited).containsOnly(false);
  }

  /** Not for another thread's lock, such as one under which a class is loaded. */
  private static boolean waitsForThis(Thread thread) {
    ThreadInfo info = ManagementFactory.getThreadMXBean().getThreadInfo(thread.getId());
    return info != null && info.getLockOwnerId() == Thread.currentThread().getId();
  }

  /** Claims, checkpoints and results by jobs, as the first 0.1.0 left them. */
  @Test
  void whatAnOlderLayoutLeftIsShownAsNoOrderHindersNoneAndIsSweptAway() {
    Order mine = order("mine", "a", 4, 1);
    String job = Order.idOf("/some", "job");
    byte[] json = "{\"worker\":\"w\",\"attempts\":1}".getBytes(StandardCharsets.UTF_8);
    for (String key :
        List.of(
            "claims/" + job + "/000001",
            "claims/" + job + "/000002",
            "checkpoints/" + job + "/fine-tune/000001-000000046.data",
            "checkpoints/" + job + "/fine-tune/000001-000000046.json",
            "results/" + job + ".json")) {
      store.put(key, json);
    }
    register(mine);
    settled(ledger.next().orElseThrow(), true);
    assertThat(ledger.books().settled(10)).containsExactly(mine.id());
    assertThat(ledger.books().startingWith(job.substring(0, 8))).isEmpty();
    now += Duration.ofHours(2).toMillis();
    ledger.retention().sweep(Duration.ofDays(30));
    assertThat(store.objects.keySet()).filteredOn(key -> key.contains(job)).hasSize(1);
    now += Duration.ofDays(31).toMillis();
    ledger.retention().sweep(Duration.ofDays(30));
    assertThat(store.objects).isEmpty();
  }

  @Test
  void anOrderWhoseIntakeDiedBeforeItWasPendingIsPutBack() {
    Order order = order("one", "a", 4, 1);
    register(order);
    store.delete(Keys.pending(order));
    ledger.retention().sweep(Duration.ofDays(30));
    assertThat(next()).isEqualTo("nothing");
    now += Duration.ofHours(2).toMillis();
    ledger.retention().sweep(Duration.ofDays(30));
    assertThat(next()).isEqualTo("model-one");
  }

  @Test
  void whatNobodyCanReadAndWhatHasNoOrderAnyMoreIsSweptAwayInTime() {
    Order damaged = order("damaged", "a", 4, 1);
    Order gone = order("gone", "a", 4, 2);
    register(damaged, gone);
    store.put(Keys.order(damaged.id()), new byte[] {'{'});
    store.delete(Keys.pending(damaged));
    store.delete(Keys.order(gone.id()));
    now += Duration.ofHours(2).toMillis();
    ledger.retention().sweep(Duration.ofDays(30));
    assertThat(store.objects.keySet()).containsExactly(Keys.order(damaged.id()));
    now += Duration.ofDays(31).toMillis();
    ledger.retention().sweep(Duration.ofDays(30));
    assertThat(store.objects).isEmpty();
  }

  @Test
  void whatCouldNotBeGivenBackAtOnceIsGivenBackLater() {
    register(order("one", "a", 4, 1));
    boolean[] away = {false};
    MemoryStore failing =
        new MemoryStore(() -> now) {
          @Override
          public void put(String key, byte[] content) {
            if (away[0]) {
              throw new StoreException(StoreException.Kind.UNAVAILABLE, "away");
            }
            super.put(key, content);
          }
        };
    failing.objects.putAll(store.objects);
    Terms terms = new Terms("drained", "v1", LEASE, Duration.ofMinutes(1));
    Tenure held = new Ledger(failing, () -> Instant.ofEpochMilli(now), terms).next().orElseThrow();
    away[0] = true;
    assertThatExceptionOfType(StoreException.class).isThrownBy(held::giveBack);
    assertThat(held.isLost()).isTrue();
    away[0] = false;
    held.giveBack();
    assertThat(failing.objects).containsKey(Keys.claim(held.order().id(), 1) + Keys.RELEASED);
  }

  @Test
  void whatAHolderWroteThatDidNotKnowItsOrderSettledIsSweptAway() {
    Order order = order("one", "a", 4, 1);
    register(order);
    settled(ledger.next().orElseThrow(), true);
    store.put(Keys.claim(order.id(), 1) + Keys.HEART, new byte[0]);
    store.put(Keys.CHECKPOINTS + order.id() + "/v1/3-1.data", new byte[0]);
    store.put(Keys.ATTEMPTS + order.id() + "/1/model", new byte[0]);
    int before = store.objects.size();
    now += Duration.ofHours(2).toMillis();
    ledger.retention().sweep(Duration.ofDays(30));
    assertThat(store.objects).hasSize(before - 3);
  }

  @Test
  void defectsAreCountedByEveryWorkerUpToTheMost() {
    assertThat(ledger.defects().count("models-3-17", 3)).isEqualTo(1);
    assertThat(ledger("other").defects().count("models-3-17", 3)).isEqualTo(2);
    assertThat(ledger.defects().count("models-3-17", 3)).isEqualTo(3);
    assertThat(ledger.defects().count("models-3-17", 3)).isEqualTo(3);
    assertThat(ledger.defects().count("models-3-18", 3)).isEqualTo(1);
  }

  @Test
  void strangersNamesMakeOnePartOfAKeyEach() {
    TreeMap<String, String> parts = new TreeMap<>();
    List<String> names =
        List.of(
            "", ".", "..", "a/b", "a%2Fb", "org/model", "ü", "x".repeat(500), "a b", "a+b", "*");
    for (String name : names) {
      String part = Keys.encoded(name);
      assertThat(part).matches("[A-Za-z0-9._%-]+").isNotIn(".", "..");
      assertThat(part.length()).isLessThan(256);
      assertThat(parts.put(part, name)).isNull();
    }
  }

  @Test
  void aTimeThatNoClockShowsIsTheNearestThatOneCan() {
    Order past = order("past", "a", 4, Instant.parse("0001-01-01T00:00:00Z").toEpochMilli());
    Order future = order("future", "a", 4, Long.MAX_VALUE);
    register(future, order("now", "a", 4, now), past);
    assertThat(List.of(next(), next(), next()))
        .containsExactly("model-past", "model-now", "model-future");
  }

  /** What a worker asked of the store: what it read, and what it listed. */
  private final List<String> asked = new ArrayList<>();

  private final List<String> listed = new ArrayList<>();

  private Ledger counting(String worker) {
    LedgerStore counting =
        new ForwardingStore(store) {
          @Override
          public Optional<Entry> get(String key) {
            asked.add(key);
            return super.get(key);
          }

          @Override
          public List<String> names(String prefix, String after, int most) {
            listed.add(prefix);
            return super.names(prefix, after, most);
          }

          @Override
          public List<Listed> list(String prefix, String after, int most) {
            listed.add(prefix);
            return super.list(prefix, after, most);
          }
        };
    return new Ledger(
        counting,
        () -> Instant.ofEpochMilli(now),
        new Terms(worker, "v1", LEASE, Duration.ofMinutes(1)));
  }

  @Test
  void anIdleWorkerAsksNothingOfLivingClaimsUntilTheirLeaseCanHaveRunOut() {
    register(order("one", "a", 4, 1));
    Tenure held = ledger("other").next().orElseThrow();
    Ledger idle = counting("idle");
    assertThat(idle.next()).isEmpty();
    assertThat(asked).isNotEmpty();
    asked.clear();
    now += LEASE.minusSeconds(2).toMillis();
    held.beat("train", 1, 0, Duration.ZERO, 0.1);
    assertThat(idle.next()).isEmpty();
    assertThat(asked).isEmpty();
  }

  @Test
  void whatOthersHaveBegunSinceTheLastLookIsAskedForWhenThereIsNothingElse() {
    register(order("first", "a", 4, 1), order("second", "a", 4, 2), order("third", "a", 4, 3));
    Ledger busy = counting("busy");
    assertThat(busy.next()).isPresent();
    assertThat(ledger("other").next()).isPresent();
    asked.clear();
    assertThat(busy.next()).isPresent();
    assertThat(asked).noneMatch(key -> key.startsWith(Keys.CLAIMS));
    asked.clear();
    assertThat(busy.next()).isEmpty();
    assertThat(asked).anyMatch(key -> key.startsWith(Keys.CLAIMS + Order.idOf("/test", "second")));
    now += LEASE.plusSeconds(2).toMillis();
    assertThat(busy.next().orElseThrow().order().model()).isEqualTo("model-first");
  }

  /** One that dies before this worker has ever asked for its claim. */
  @Test
  void aDeadWorkersOrderIsTheNextAlsoWhereItWasNotAskedFor() {
    register(order("first", "a", 4, 1), order("second", "a", 4, 2));
    Ledger busy = counting("busy");
    Tenure mine = busy.next().orElseThrow();
    assertThat(ledger("other").next()).isPresent();
    register(order("third", "a", 4, 3), order("fourth", "a", 4, 4));
    assertThat(busy.next().orElseThrow().order().model()).isEqualTo("model-third");
    now += LEASE.plusSeconds(2).toMillis();
    mine.beat("train", 1, 0, Duration.ZERO, 0.1);
    Tenure heir = busy.next().orElseThrow();
    assertThat(heir.isTakenOver()).isTrue();
  }

  @Test
  void whatWasFoundAheadIsClaimedWithoutAnotherLook() {
    register(order("one", "a", 4, 1));
    Ledger busy = counting("busy");
    busy.lookAhead();
    assertThat(store.names(Keys.CLAIMS, "", 1)).isEmpty();
    listed.clear();
    assertThat(busy.next()).isPresent();
    assertThat(listed).doesNotContain(Keys.CLAIMS, Keys.PENDING);
  }

  @Test
  void whatAnotherHasTakenSinceItWasFoundAheadIsNoLoss() {
    register(order("one", "a", 4, 1), order("two", "a", 4, 2));
    ledger.lookAhead();
    assertThat(ledger("other").next()).isPresent();
    assertThat(next()).isEqualTo("model-two");
  }

  @Test
  void whatANewerVersionHasAnsweredSinceItWasFoundAheadIsLeftToIt() {
    Order one = order("one", "a", 4, 1);
    register(one, order("two", "a", 4, 2));
    ledger.lookAhead();
    store.put(Keys.result(one.id()), "{\"format\":99}".getBytes(StandardCharsets.UTF_8));
    assertThat(List.of(next(), next(), next())).containsExactly("model-two", "nothing", "nothing");
    assertThat(store.names(Keys.claims(one.id()), "", 10)).containsExactly("000001");
  }

  @Test
  void aPauseHoldsForWhatWasFoundAhead() {
    Order one = order("one", "a", 4, 1);
    register(one);
    for (Scope scope :
        List.of(new Scope.All(), new Scope.Model(one.model()), new Scope.Tenant("a"))) {
      ledger.lookAhead();
      ledger.pauses().pause(scope);
      assertThat(next()).isEqualTo("nothing");
      ledger.pauses().resume(scope);
    }
    Tenure begun = ledger.next().orElseThrow();
    assertThat(begun.attempts()).isEqualTo(1);
  }

  @Test
  void whatWasFoundLongAgoIsLookedForAnew() {
    register(order("one", "a", 4, 1));
    ledger.lookAhead();
    register(order("urgent", "a", 9, 2));
    now += Duration.ofMinutes(1).toMillis();
    assertThat(next()).isEqualTo("model-urgent");
  }

  /** Found ahead and forgotten, an order costs its tenant no turn. */
  @Test
  void tenantsTakeTurnsHoweverOldWhatWasFoundAheadIs() {
    for (int n = 0; n < 3; n++) {
      register(order("a" + n, "a", 4, n));
      register(order("b" + n, "b", 4, n));
    }
    StringBuilder turns = new StringBuilder();
    for (int n = 0; n < 6; n++) {
      ledger.lookAhead();
      now += Duration.ofSeconds(3).toMillis();
      turns.append(next().charAt("model-".length()));
    }
    assertThat(turns.toString()).isIn("ababab", "bababa");
  }
}
