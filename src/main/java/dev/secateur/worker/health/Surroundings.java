package dev.secateur.worker.health;

import dev.secateur.store.StoreException;
import dev.secateur.worker.Doorbell;
import dev.secateur.worker.Fitness;
import dev.secateur.worker.Storage;
import dev.secateur.worker.intake.Registrations;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.jboss.logging.Logger;

/**
 * Whether the broker and the store answer, and records that wait are read, asked every few seconds
 * in the background so that a probe never waits for either.
 */
@Singleton
final class Surroundings {
  private static final Logger LOG = Logger.getLogger(Surroundings.class);
  private static final Duration INTERVAL = Duration.ofSeconds(5);
  private static final int ANSWER_SECONDS = 5;
  private static final Optional<String> NOT_ASKED = Optional.of("not asked yet");

  private final Admin admin;
  private final Topics topics;
  private final Lag lag;
  private final Positions positions;
  private final Gaps gaps;
  private final Standstill standstill = new Standstill();
  private final Registrations registrations;
  private final Storage storage;
  private final Fitness fitness;
  private final Doorbell doorbell;

  private volatile Optional<String> brokerTrouble = NOT_ASKED;
  private volatile Optional<String> storeTrouble = NOT_ASKED;
  private volatile Optional<String> readingTrouble = Optional.empty();

  /** Used by the asking thread alone. */
  private boolean topicsChecked;

  @Inject
  Surroundings(
      Admin admin,
      Topics topics,
      Lag lag,
      Positions positions,
      Gaps gaps,
      Registrations registrations,
      Storage storage,
      Fitness fitness,
      Doorbell doorbell) {
    this.admin = admin;
    this.topics = topics;
    this.lag = lag;
    this.positions = positions;
    this.gaps = gaps;
    this.registrations = registrations;
    this.storage = storage;
    this.fitness = fitness;
    this.doorbell = doorbell;
  }

  /**
   * @param afterwards done each time that they were asked
   */
  void watch(ScheduledExecutorService clock, Runnable afterwards) {
    clock.scheduleWithFixedDelay(
        () -> askAgain(afterwards),
        INTERVAL.toMillis(),
        INTERVAL.toMillis(),
        TimeUnit.MILLISECONDS);
  }

  /** After the start a missing topic is something to say, not a reason to stop. */
  private void askAgain(Runnable afterwards) {
    try {
      ask();
      afterwards.run();
    } catch (IllegalStateException e) {
      brokerTrouble = told(brokerTrouble, Optional.of(e.getMessage()), "");
    } catch (RuntimeException | Error e) {
      // Whatever it is: one that escapes would silently end the asking.
      LOG.error("broker and store not asked", e);
    }
  }

  /** Empty: all is well. */
  Optional<String> brokerTrouble() {
    return brokerTrouble;
  }

  Optional<String> storeTrouble() {
    return storeTrouble;
  }

  /** Whether records are waiting that the worker's consumer does not get. */
  Optional<String> readingTrouble() {
    return readingTrouble;
  }

  boolean isReadingDead() {
    return standstill.isDead(System.nanoTime());
  }

  /**
   * Asks both at once, and whether what the broker has is read.
   *
   * @throws IllegalStateException if topics are missing and may not be created
   */
  void ask() {
    FutureTask<Store> store = new FutureTask<>(this::askStore);
    Thread asking = new Thread(store, "store-asked");
    asking.setDaemon(true);
    asking.start();
    brokerTrouble = told(brokerTrouble, askBroker(), "the broker answers");
    Store said = answer(store);
    storeTrouble = told(storeTrouble, said.trouble(), "the store answers");
    fitness.look(said.refusal());
    doorbell.present(topics.hasDoorbell());
    if (brokerTrouble.isEmpty()) {
      Map<TopicPartition, Long> stands = positions.ask();
      standstill.look(stands, lag.ends(), System.nanoTime());
      gaps.pass(stands, registrations.takenIn(), lag.acknowledged());
    } else {
      standstill.forget();
    }
    readingTrouble =
        told(readingTrouble, standstill.trouble(System.nanoTime()), "records are read again");
  }

  /** Says it once when trouble begins and when it ends: a client's words differ each time. */
  private static Optional<String> told(
      Optional<String> before, Optional<String> now, String answers) {
    if (before.isPresent() != now.isPresent() || before.equals(NOT_ASKED)) {
      LOG.log(now.isEmpty() ? Logger.Level.INFO : Logger.Level.WARN, now.orElse(answers));
    }
    return now;
  }

  private Optional<String> askBroker() {
    try {
      if (!topicsChecked) {
        topicsChecked = topics.ensure(admin);
      } else if (!topics.hasDoorbell()) {
        topics.lookForDoorbell(admin);
      }
      admin.describeCluster().clusterId().get(ANSWER_SECONDS, TimeUnit.SECONDS);
      lag.ask();
      return Optional.empty();
    } catch (ExecutionException e) {
      return Optional.of(trouble(e.getCause()));
    } catch (TimeoutException e) {
      return Optional.of("the broker does not answer within " + ANSWER_SECONDS + " s");
    } catch (KafkaException e) {
      return Optional.of(trouble(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.of("stopping");
    }
  }

  private static String trouble(Throwable e) {
    boolean refused = e instanceof AuthenticationException || e instanceof AuthorizationException;
    return (refused ? "the broker refuses: " : "the broker does not answer: ") + e.getMessage();
  }

  /**
   * What the store said.
   *
   * @param refusal why it does not let this worker in, where it answers
   */
  private record Store(Optional<String> trouble, Optional<String> refusal) {
    static Store silent(Throwable e) {
      return new Store(
          Optional.of("the store does not answer: " + e.getMessage()), Optional.empty());
    }
  }

  private Store askStore() {
    try {
      storage.store().ping(storage.state().bucket());
      return new Store(Optional.empty(), Optional.empty());
    } catch (StoreException e) {
      if (e.kind() == StoreException.Kind.FORBIDDEN) {
        Optional<String> refusal = Optional.of("the store refuses: " + e.getMessage());
        return new Store(refusal, refusal);
      }
      return Store.silent(e);
    } catch (RuntimeException e) {
      return Store.silent(e);
    }
  }

  private static Store answer(FutureTask<Store> asked) {
    try {
      return asked.get();
    } catch (ExecutionException e) {
      return Store.silent(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Store(Optional.of("stopping"), Optional.empty());
    }
  }
}
