package dev.secateur.worker;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** Wakes those who wait, one a ring; rung while nobody waits, the next need not wait. */
final class Bell {
  private static final Logger LOG = Logger.getLogger(Bell.class);
  private static final double JITTER = 0.25;

  private final Semaphore rings = new Semaphore(0);
  private final int waiters;

  /**
   * @param waiters so many there are at most: further rings say nothing new
   */
  Bell(int waiters) {
    this.waiters = waiters;
  }

  synchronized void ring() {
    if (rings.availablePermits() < waiters) {
      rings.release();
    }
  }

  /** Waits for a ring, at most about so long: workers that started together drift apart. */
  void await(Duration most) {
    double jitter = 1 + JITTER * (2 * ThreadLocalRandom.current().nextDouble() - 1);
    try {
      boolean rung = rings.tryAcquire((long) (most.toNanos() * jitter), TimeUnit.NANOSECONDS);
      LOG.tracef("looking, %s", rung ? "woken" : "by itself");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
