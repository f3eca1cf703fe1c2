package dev.secateur.worker.run;

import dev.secateur.ledger.ClaimLostException;
import dev.secateur.ledger.Tenure;
import dev.secateur.store.StoreException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** An order that this process holds and works at. */
final class Running {
  private static final Logger LOG = Logger.getLogger(Running.class);

  private final Tenure tenure;
  private final Pulse pulse = new Pulse();
  private final ScheduledFuture<?> beating;
  private volatile boolean cancelled;

  /** The search whose trial this is, where the same thread holds both. */
  private final Optional<Running> search;

  /**
   * @param search that the trial belongs to, where this thread holds it as well
   * @param clock for the signs of life
   * @param heartbeat from one to the next
   */
  Running(
      Tenure tenure, Optional<Running> search, ScheduledExecutorService clock, Duration heartbeat) {
    this.tenure = tenure;
    this.search = search;
    long nanos = heartbeat.toNanos();
    this.beating = clock.scheduleWithFixedDelay(this::beat, nanos, nanos, TimeUnit.NANOSECONDS);
  }

  /** Nobody works at it any more. */
  void close() {
    beating.cancel(false);
    tenure.close();
  }

  Tenure tenure() {
    return tenure;
  }

  Pulse pulse() {
    return pulse;
  }

  /** Somebody wants it ended. */
  void cancel() {
    cancelled = true;
  }

  boolean isCancelled() {
    return cancelled || search.filter(Running::isCancelled).isPresent();
  }

  /** The job's thread is alive, and asks. */
  void moved() {
    pulse.moved();
    search.ifPresent(Running::moved);
  }

  /** Shows a sign of life; whatever goes wrong, the next one is tried. */
  private void beat() {
    try {
      if (!tenure.isLost()) {
        tenure.beat(pulse.stage(), pulse.step(), pulse.kept(), pulse.still(), pulse.done());
      }
    } catch (ClaimLostException e) {
      LOG.warn(e.getMessage());
    } catch (StoreException e) {
      LOG.warnf("order %s: no sign of life written: %s", tenure.order().id(), e.getMessage());
    } catch (RuntimeException | Error e) {
      // One that escapes would silently end the signs of life.
      LOG.errorf(e, "order %s: no sign of life written", tenure.order().id());
    }
  }

  void giveBack() {
    try {
      tenure.giveBack();
    } catch (StoreException | ClaimLostException e) {
      LOG.warnf(
          "order %s: not given back, it will expire: %s", tenure.order().id(), e.getMessage());
    }
  }
}
