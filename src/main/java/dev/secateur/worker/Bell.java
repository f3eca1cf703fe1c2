package dev.secateur.worker;

import dev.secateur.ledger.Order;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Wakes those who wait, one a ring, and hands them what they are woken for; rung while nobody
 * waits, the next need not wait, and has to look for itself.
 */
@Singleton
public final class Bell {
  private static final double JITTER = 0.25;

  private final BlockingQueue<Optional<Order>> rings;
  private final AtomicInteger waiting = new AtomicInteger();

  @Inject
  Bell(WorkerConfiguration configuration) {
    this(configuration.jobs().concurrency());
  }

  /**
   * @param waiters so many there are at most: further rings say nothing new
   */
  public Bell(int waiters) {
    this.rings = new ArrayBlockingQueue<>(waiters);
  }

  public void ring() {
    ring(Optional.empty());
  }

  /**
   * @param fresh what has just come in, and is old news to who is busy now
   */
  public void ring(Optional<Order> fresh) {
    // Without room for it as many as could be woken will look anyway.
    var unused = rings.offer(waiting.get() > 0 ? fresh : Optional.empty());
  }

  /** Waits for a ring, at most about so long: workers that started together drift apart. */
  public Optional<Order> await(Duration most) {
    double jitter = 1 + JITTER * (2 * ThreadLocalRandom.current().nextDouble() - 1);
    waiting.incrementAndGet();
    try {
      Optional<Order> rung = rings.poll((long) (most.toNanos() * jitter), TimeUnit.NANOSECONDS);
      return rung == null ? Optional.empty() : rung;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    } finally {
      waiting.decrementAndGet();
    }
  }
}
