package dev.secateur.worker.health;

import dev.secateur.worker.EventPublisher;
import dev.secateur.worker.Fitness;
import dev.secateur.worker.JobMeters;
import dev.secateur.worker.Metrics;
import dev.secateur.worker.Storage;
import dev.secateur.worker.Work;
import dev.secateur.worker.WorkerConfiguration;
import dev.secateur.worker.WorkerId;
import dev.secateur.worker.intake.Registrations;
import dev.secateur.worker.run.Execution;
import dev.secateur.worker.run.Housekeeping;
import io.quarkus.runtime.Quarkus;
import io.vertx.core.Vertx;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import sun.misc.Signal;

/**
 * One worker, from its start to its drain: lets records in and has orders taken when it is known to
 * be sound, leaves when it is not, and gives back what it has when it is told to go.
 */
@Singleton
final class Worker {
  private static final Logger LOG = Logger.getLogger(Worker.class);

  /** For probing the surroundings, housekeeping and cancels. */
  private static final int SPARE_THREADS = 4;

  /** For a store that is slow to take back the claims of jobs that did not stop. */
  private static final Duration GIVING_BACK = Duration.ofSeconds(3);

  /** For the doorbell to be passed by a worker that leaves since nothing is open. */
  private static final Duration LAST_LOOK = Duration.ofSeconds(5);

  /** For the events that are on their way. */
  private static final Duration LAST_EVENTS = Duration.ofSeconds(3);

  /** Exit code of a worker whose native libraries do not work. */
  private static final int BROKEN = 1;

  /** Exit code of a worker whose job did not stop in time: that of one that SIGTERM ended. */
  private static final int NOT_DRAINED = 128 + 15;

  @Inject WorkerConfiguration configuration;
  @Inject WorkerId id;
  @Inject Work work;
  @Inject Fitness fitness;
  @Inject Registrations registrations;
  @Inject Execution execution;
  @Inject Housekeeping housekeeping;
  @Inject Surroundings surroundings;
  @Inject Lag lag;
  @Inject JobMeters meters;
  @Inject JobsServer page;
  @Inject EventPublisher publisher;
  @Inject Admin admin;
  @Inject Storage storage;
  @Inject Vertx vertx;

  @Inject
  @ConfigProperty(name = "quarkus.http.host", defaultValue = "0.0.0.0")
  String host;

  private final ScheduledExecutorService clock =
      Executors.newScheduledThreadPool(SPARE_THREADS, named("clock"));

  void start() {
    meters.watch(Metrics.QUEUE_LAG, lag::records);
    meters.watch(Metrics.UNFIT, () -> fitness.trouble().isPresent() ? 1 : 0);
    surroundings.ask();
    surroundings.watch(clock, this::letRecordsIn);
    housekeeping.start(clock);
    page.start(vertx, host, configuration.page().port());
    named("self-test").newThread(this::testNatives).start();
    configuration.drain().whenIdle().ifPresent(this::leaveWhenIdle);
    drainOnTermination();
    LOG.infof("worker %s, %d at a time", id, configuration.jobs().concurrency());
  }

  /**
   * Before a worker is known to be sound it does not join the group, so that no partition waits for
   * it. One that turns out not to be leaves in the end: others get its partitions.
   */
  private void letRecordsIn() {
    boolean open = fitness.mayTake() && surroundings.storeTrouble().isEmpty();
    if (registrations.let(open) && open) {
      // From here on it can know that there is nothing to do.
      work.stir();
    }
    if (fitness.lasted().compareTo(configuration.health().grace().multipliedBy(2)) > 0
        && !work.isDraining()) {
      LOG.errorf("leaving: %s", fitness.trouble().orElse("-"));
      Quarkus.asyncExit(BROKEN);
    }
  }

  /**
   * A worker that was started for the work there is: exits 0 when there has been none for so long.
   */
  private void leaveWhenIdle(Duration most) {
    clock.scheduleWithFixedDelay(
        () -> {
          boolean idle = execution.idle().filter(i -> i.compareTo(most) > 0).isPresent();
          if (idle && registrations.isEmpty()) {
            LOG.infof("idle for %d s: leaving", most.toSeconds());
            Quarkus.asyncExit(0);
          }
        },
        1,
        1,
        TimeUnit.SECONDS);
  }

  /** A worker without them can do nothing, and says so where everybody looks: it ends. */
  private void testNatives() {
    fitness.tested(NativeTest.trouble());
    if (fitness.nativeTrouble().isPresent() && !work.isDraining()) {
      LOG.errorf("leaving: the native libraries do not work: %s", fitness.nativeTrouble().get());
      Quarkus.asyncExit(BROKEN);
      return;
    }
    execution.start();
    letRecordsIn();
  }

  /**
   * SIGTERM asks for a drain. A worker that has drained did what it was asked to and ends with 0,
   * where the JVM by itself would end with 143. The code is left open here: see {@link #drain()}.
   */
  private static void drainOnTermination() {
    Signal.handle(new Signal("TERM"), signal -> Quarkus.asyncExit());
  }

  /** Stops taking work, lets the running job checkpoint, and gives it back; once. */
  void drain() throws InterruptedException {
    if (work.isDraining()) {
      return;
    }
    Duration most = configuration.drain().timeout();
    LOG.infof("draining, at most %d s", most.toSeconds());
    work.drain();
    registrations.stop();
    if (!execution.stop(most)) {
      LOG.warn("the running job did not stop in time; it is given back as it is");
      Quarkus.asyncExit(NOT_DRAINED);
      clock.execute(execution::giveAllBack);
      clock.shutdown();
      clock.awaitTermination(GIVING_BACK.toMillis(), TimeUnit.MILLISECONDS);
    }
    clock.shutdownNow();
    clock.awaitTermination(GIVING_BACK.toMillis(), TimeUnit.MILLISECONDS);
    execution.awaitAnswers(LAST_EVENTS);
    if (configuration.drain().whenIdle().isPresent()) {
      Thread leaving = named("leaving").newThread(housekeeping::leave);
      leaving.start();
      leaving.join(LAST_LOOK.toMillis());
    }
    registrations.await(GIVING_BACK);
    publisher.close(LAST_EVENTS);
    admin.close(Duration.ofSeconds(1));
    storage.store().close();
    LOG.info("drained");
  }

  private static ThreadFactory named(String name) {
    return runnable -> {
      Thread thread = new Thread(runnable, name);
      thread.setDaemon(true);
      return thread;
    };
  }
}
