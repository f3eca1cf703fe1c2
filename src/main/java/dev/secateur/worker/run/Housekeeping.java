package dev.secateur.worker.run;

import dev.secateur.ledger.Census;
import dev.secateur.ledger.Ledger;
import dev.secateur.store.StoreException;
import dev.secateur.worker.Doorbell;
import dev.secateur.worker.JobMeters;
import dev.secateur.worker.Metrics;
import dev.secateur.worker.Work;
import dev.secateur.worker.WorkerConfiguration;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * What is to be done beside the orders, by some worker: those that somebody wants ended are ended,
 * all are counted, the doorbell is passed, and what nobody needs any more is swept.
 */
@Singleton
public final class Housekeeping {
  private static final Logger LOG = Logger.getLogger(Housekeeping.class);

  /** From one look for cancels to the next. */
  private static final Duration CANCELS = Duration.ofSeconds(3);

  private static final Duration CENSUS = Duration.ofSeconds(10);

  /** A count that is older tells nothing. */
  private static final Duration STALE = Duration.ofMinutes(1);

  /** The first sweep comes within this, then one an hour, all workers together. */
  private static final Duration SWEEP = Duration.ofMinutes(10);

  private final Ledger ledger;
  private final Doorbell doorbell;
  private final Work work;
  private final JobMeters meters;
  private final Execution execution;

  /** How long what is settled is kept. */
  private final Duration settled;

  private volatile Optional<Census> census = Optional.empty();
  private volatile long counted;

  @Inject
  Housekeeping(
      Ledger ledger,
      Doorbell doorbell,
      Work work,
      JobMeters meters,
      Execution execution,
      WorkerConfiguration configuration) {
    this.ledger = ledger;
    this.doorbell = doorbell;
    this.work = work;
    this.meters = meters;
    this.execution = execution;
    this.settled = configuration.retention().settled();
  }

  public void start(ScheduledExecutorService clock) {
    // One figure for all workers: to be taken as the largest, never summed.
    meters.watch(Metrics.ORDERS_PENDING, this::pending);
    meters.watch(Metrics.ORDERS_RUNNING, this::running);
    meters.watch(Metrics.PAUSES, Metrics.SCOPE, "all", this::everythingPaused);
    meters.watch(Metrics.PAUSES, Metrics.SCOPE, "models", this::modelsPaused);
    meters.watch(Metrics.PAUSES, Metrics.SCOPE, "tenants", this::tenantsPaused);
    every(clock, CANCELS, execution::endCancelled);
    every(clock, CENSUS, this::count);
    every(clock, SWEEP, this::sweep);
  }

  /** Not all workers at once. */
  private void every(ScheduledExecutorService clock, Duration period, Runnable task) {
    long first = ThreadLocalRandom.current().nextLong(period.toMillis());
    clock.scheduleWithFixedDelay(
        () -> attempt(task), first, period.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void attempt(Runnable task) {
    if (!work.isDraining()) {
      attemptNow(task);
    }
  }

  private static void attemptNow(Runnable task) {
    try {
      task.run();
    } catch (StoreException e) {
      LOG.debugf("the ledger does not answer: %s", e.getMessage());
    } catch (RuntimeException | Error e) {
      // One that escapes would silently end it.
      LOG.error("housekeeping failed", e);
    }
  }

  private void count() {
    Census now = ledger.census(CENSUS);
    census = Optional.of(now);
    counted = System.nanoTime();
    // By who has counted, so once for all workers.
    now.orders().ifPresent(this::pass);
  }

  /** One that is not in the list may have come since. */
  private void pass(Set<String> open) {
    doorbell.pass(open, order -> open.contains(order) || ledger.isPending(order));
  }

  /** The last that a worker does: one that leaves since nothing is open is not to be followed. */
  public void leave() {
    attemptNow(() -> ledger.census(Duration.ZERO).orders().ifPresent(this::pass));
  }

  private void sweep() {
    if (ledger.isTurn("sweep", Instant.now().truncatedTo(ChronoUnit.HOURS).toString())) {
      LOG.info("sweeping the ledger");
      ledger.retention().sweep(settled);
    }
  }

  /** Not a number where it is not known: what cannot be read is not zero. */
  private double pending() {
    return known().map(Census::waiting).map(Long::doubleValue).orElse(Double.NaN);
  }

  private double running() {
    return known().map(Census::running).map(Long::doubleValue).orElse(Double.NaN);
  }

  /** Whether everything is paused: 0 or 1. */
  private double everythingPaused() {
    return known().map(c -> c.everything() ? 1.0 : 0.0).orElse(Double.NaN);
  }

  private double modelsPaused() {
    return known().map(Census::models).map(Long::doubleValue).orElse(Double.NaN);
  }

  private double tenantsPaused() {
    return known().map(Census::tenants).map(Long::doubleValue).orElse(Double.NaN);
  }

  private Optional<Census> known() {
    boolean fresh = System.nanoTime() - counted < STALE.toNanos();
    return census.filter(c -> fresh);
  }
}
