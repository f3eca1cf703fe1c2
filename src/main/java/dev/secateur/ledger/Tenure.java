package dev.secateur.ledger;

import dev.secateur.store.StoreException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/**
 * An order while this process holds it: until another epoch follows or the order is settled, which
 * this process learns from the store, with each sign of life and whenever something is to be
 * written after a silence. Safe for the job's thread and the one that beats.
 */
public final class Tenure {
  private final LedgerStore store;
  private final InstantSource clock;
  private final Claims claims;
  private final Claim claim;
  private final Order order;
  private final Optional<Result> result;
  private final boolean cancelled;
  private final boolean takenOver;

  /** When the store last confirmed the claim. Guarded by this, as is all below. */
  private Instant confirmed;

  private Heart heart;

  /** Once for all; read without the lock, which is held as long as a request to the store takes. */
  private volatile boolean lost;

  private boolean givingBack;

  /**
   * @param attempts including this one, since what is kept last grew
   */
  Tenure(
      LedgerStore store,
      InstantSource clock,
      Claims claims,
      Claim claim,
      int attempts,
      Order order,
      Optional<Result> result,
      boolean cancelled,
      boolean takenOver) {
    this.store = store;
    this.clock = clock;
    this.claims = claims;
    this.claim = claim;
    this.order = order;
    this.result = result;
    this.cancelled = cancelled;
    this.takenOver = takenOver;
    this.confirmed = claim.at();
    this.heart = new Heart("", 0, 0, Duration.ZERO, 0, attempts, claim.at());
  }

  public Order order() {
    return order;
  }

  /** The fencing number. */
  public long epoch() {
    return claim.epoch();
  }

  /**
   * Says what a checkpoint was found to have kept, before the attempts are looked at: its writer
   * may have died before it could report it, and so may this process.
   *
   * @param kept see {@link Heart}
   */
  public synchronized void found(long kept) {
    boolean news = kept > claim.best();
    int counted = news ? 1 : heart.attempts();
    heart = new Heart(heart.stage(), kept, kept, heart.still(), heart.done(), counted, heart.at());
    if (news) {
      confirm();
    }
  }

  /** This one included, since what is kept last grew. */
  public synchronized int attempts() {
    return heart.attempts();
  }

  /** The answer, where there is one already: the order is only to be answered, not to be run. */
  public Optional<Result> result() {
    return result;
  }

  /** Whether the order is to be ended instead of run. */
  public boolean isCancelled() {
    return cancelled;
  }

  /** Whether a holder had it before that did not give it back. */
  public boolean isTakenOver() {
    return takenOver;
  }

  /** Whether this process knows that the claim is no longer its own: asked at each step. */
  public boolean isLost() {
    return lost;
  }

  /**
   * A sign of life, which says how far the job is. There is none of a job that stands still for too
   * long: others may take it, and this process is to end, since it cannot stop it.
   *
   * @param step see {@link Heart}
   * @throws ClaimLostException if the claim is no longer this process's
   */
  public synchronized void beat(String stage, long step, long kept, Duration still, double done) {
    lost = lost || still.compareTo(claim.stall()) > 0;
    heart = new Heart(stage, step, kept, still, done, heart.attempts(), clock.instant());
    confirm();
  }

  /**
   * Counts an attempt within this claim, durably, before it starts; if the store does not answer,
   * it is not counted.
   */
  public synchronized void nextAttempt() {
    Heart before = heart;
    heart =
        new Heart(
            before.stage(),
            before.step(),
            before.kept(),
            Duration.ZERO,
            before.done(),
            before.attempts() + 1,
            clock.instant());
    try {
      confirm();
    } catch (StoreException e) {
      heart = before;
      throw e;
    }
  }

  /**
   * Asks the store if it has not been asked for two heartbeats; a process that was paused learns
   * here that time has passed.
   */
  public synchronized void ensureHeld() {
    if (lost) {
      throw new ClaimLostException(claim.order(), claim.epoch());
    }
    if (isUnconfirmed()) {
      confirm();
    }
  }

  /** Whether the store has not been heard of for two heartbeats. */
  public synchronized boolean isUnconfirmed() {
    Duration silence = Duration.between(confirmed, clock.instant());
    return silence.compareTo(Terms.heartbeat(claim.lease()).multipliedBy(2)) > 0;
  }

  private void confirm() {
    Instant asked = clock.instant();
    if (lost || !claims.isTop(claim)) {
      lost = true;
      throw new ClaimLostException(claim.order(), claim.epoch());
    }
    store.put(Keys.claim(claim.order(), claim.epoch()) + Keys.HEART, heart.bytes());
    confirmed = asked;
  }

  /**
   * Gives the order back, so that another need not wait for the lease. From here on it counts as
   * lost: whoever still runs the job writes no more. May be asked for again if the store did not
   * answer.
   */
  public synchronized void giveBack() {
    if (lost && !givingBack) {
      return;
    }
    lost = true;
    givingBack = true;
    String key = Keys.claim(claim.order(), claim.epoch());
    store.put(key + Keys.HEART, heart.bytes());
    store.put(key + Keys.RELEASED, heart.bytes());
    givingBack = false;
  }

  /** Shows no more signs of life: one that is on its way has arrived when this returns. */
  synchronized void fallSilent() {
    lost = true;
  }

  /** Nothing runs under it any more, however that ended. */
  public synchronized void close() {
    lost = true;
    claims.forget(claim);
  }
}
