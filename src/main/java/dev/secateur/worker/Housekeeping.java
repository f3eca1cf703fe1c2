package dev.secateur.worker;

import dev.secateur.ledger.Census;
import dev.secateur.store.StoreException;
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
final class Housekeeping {
  private static final Logger LOG = Logger.getLogger(Housekeeping.class);

  /** From one look for cancels to the next. */
  private static final Duration CANCELS = Duration.ofSeconds(3);

  private static final Duration CENSUS = Duration.ofSeconds(10);

  /** A count that is older tells nothing. */
  private static final Duration STALE = Duration.ofMinutes(1);

  /** The first sweep comes within this, then one an hour, all workers together. */
  private static final Duration SWEEP = Duration.ofMinutes(10);

  private final Shop shop;
  private final Execution execution;
  private final Duration settled;

  private volatile Optional<Census> census = Optional.empty();
  private volatile long counted;

  /**
   * @param settled how long what is settled is kept
   */
  Housekeeping(Shop shop, Execution execution, Duration settled) {
    this.shop = shop;
    this.execution = execution;
    this.settled = settled;
  }

  void start(ScheduledExecutorService clock) {
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
    if (!shop.work().isDraining()) {
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
    Census now = shop.ledger().census(CENSUS);
    census = Optional.of(now);
    counted = System.nanoTime();
    // By who has counted, so once for all workers.
    now.orders().ifPresent(this::pass);
  }

  /** One that is not in the list may have come since. */
  private void pass(Set<String> open) {
    shop.doorbell().pass(open, order -> open.contains(order) || shop.ledger().isPending(order));
  }

  /** The last that a worker does: one that leaves since nothing is open is not to be followed. */
  void leave() {
    attemptNow(() -> shop.ledger().census(Duration.ZERO).orders().ifPresent(this::pass));
  }

  private void sweep() {
    if (shop.ledger().isTurn("sweep", Instant.now().truncatedTo(ChronoUnit.HOURS).toString())) {
      LOG.info("sweeping the ledger");
      shop.ledger().retention().sweep(settled);
    }
  }

  /** Not a number where it is not known: what cannot be read is not zero. */
  double pending() {
    return known().map(Census::waiting).map(Long::doubleValue).orElse(Double.NaN);
  }

  double running() {
    return known().map(Census::running).map(Long::doubleValue).orElse(Double.NaN);
  }

  /** Whether everything is paused: 0 or 1. */
  double everythingPaused() {
    return known().map(c -> c.everything() ? 1.0 : 0.0).orElse(Double.NaN);
  }

  double modelsPaused() {
    return known().map(Census::models).map(Long::doubleValue).orElse(Double.NaN);
  }

  double tenantsPaused() {
    return known().map(Census::tenants).map(Long::doubleValue).orElse(Double.NaN);
  }

  private Optional<Census> known() {
    boolean fresh = System.nanoTime() - counted < STALE.toNanos();
    return census.filter(c -> fresh);
  }
}
