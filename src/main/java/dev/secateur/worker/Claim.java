package dev.secateur.worker;

import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoreException;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * A claim that this process took. It is held until another epoch follows, which this process learns
 * from the store: with each heartbeat, and whenever something is to be written after a silence.
 */
final class Claim implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Claim.class);

  private final ObjectStore store;
  private final JobKey key;
  private final long epoch;
  private final ObjectUri uri;
  private final ObjectUri next;
  private final Duration heartbeat;
  private final ScheduledFuture<?> beating;
  private final Consumer<Claim> closed;

  /** Guarded by this. */
  private Claims.State state;

  /**
   * When the store last confirmed the claim, on {@link System#nanoTime}'s clock. Written under
   * this.
   */
  private volatile long confirmed;

  private volatile boolean lost;

  Claim(
      ObjectStore store,
      JobKey key,
      long epoch,
      ObjectUri uri,
      ObjectUri next,
      Claims.State state,
      Duration heartbeat,
      long confirmed,
      ScheduledExecutorService clock,
      Consumer<Claim> closed) {
    this.store = store;
    this.key = key;
    this.epoch = epoch;
    this.uri = uri;
    this.next = next;
    this.state = state;
    this.heartbeat = heartbeat;
    this.confirmed = confirmed;
    this.closed = closed;
    this.beating =
        clock.scheduleWithFixedDelay(
            this::beat, heartbeat.toNanos(), heartbeat.toNanos(), TimeUnit.NANOSECONDS);
  }

  JobKey key() {
    return key;
  }

  /** The fencing number. */
  long epoch() {
    return epoch;
  }

  /** Tells it from other claims of the same worker. */
  synchronized String token() {
    return state.token();
  }

  synchronized int attempts() {
    return state.attempts();
  }

  /** Whether this process knows that the claim is no longer its own. */
  boolean isLost() {
    return lost;
  }

  /**
   * Asks the store if it has not been asked for two heartbeats; a process that was paused learns
   * here that time has passed.
   *
   * @throws ClaimLostException if another worker took the job over
   */
  synchronized void ensureHeld() {
    if (isUnconfirmed()) {
      renew();
    } else if (lost) {
      throw new ClaimLostException(key, epoch);
    }
  }

  /** Whether the store has not been heard of for two heartbeats. */
  boolean isUnconfirmed() {
    return System.nanoTime() - confirmed > 2 * heartbeat.toNanos();
  }

  /**
   * Asks the store, and shows it a sign of life.
   *
   * @throws ClaimLostException if another worker took the job over
   */
  synchronized void renew() {
    long asked = System.nanoTime();
    if (lost || store.stat(next).isPresent()) {
      lost = true;
      beating.cancel(false);
      throw new ClaimLostException(key, epoch);
    }
    store.write(uri, state.json());
    confirmed = asked;
  }

  /**
   * Counts an attempt, durably, before it starts; if the store does not answer, it is not counted.
   */
  synchronized void nextAttempt() {
    Claims.State before = state;
    state = new Claims.State(state.worker(), state.token(), state.attempts() + 1, state.released());
    try {
      renew();
    } catch (StoreException e) {
      state = before;
      throw e;
    }
  }

  /**
   * Gives the job back, so that another worker need not wait for the expiry. From here on it counts
   * as lost: whoever still runs the job writes no more.
   */
  synchronized void release() {
    beating.cancel(false);
    state = new Claims.State(state.worker(), state.token(), state.attempts(), true);
    try {
      renew();
    } finally {
      lost = true;
    }
  }

  /** Stops the heartbeat. */
  @Override
  public void close() {
    beating.cancel(false);
    closed.accept(this);
  }

  private void beat() {
    try {
      renew();
    } catch (ClaimLostException e) {
      LOG.warn(e.getMessage());
    } catch (RuntimeException | Error e) {
      // Whatever it is: one that escapes would silently end the heartbeat.
      LOG.warnf("job %s: heartbeat not written: %s", key.abbreviated(), e);
    }
  }
}
