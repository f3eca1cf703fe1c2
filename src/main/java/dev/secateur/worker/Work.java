package dev.secateur.worker;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** What the worker is doing now: for its health, its gauges and its drain. */
final class Work {
  private final AtomicInteger queued = new AtomicInteger();
  private final AtomicInteger running = new AtomicInteger();
  private final CountDownLatch draining = new CountDownLatch(1);
  private volatile boolean broken;
  private volatile double progress;
  private volatile int epoch;
  private volatile double sparsity;
  private volatile long moved = System.nanoTime();

  int queued() {
    return queued.get();
  }

  void received() {
    queued.incrementAndGet();
  }

  /** A received record was done with, or will be asked for again. */
  void settled() {
    queued.decrementAndGet();
  }

  void started() {
    queued.decrementAndGet();
    running.incrementAndGet();
    moved();
  }

  void stopped() {
    running.decrementAndGet();
    queued.incrementAndGet();
    progress = 0;
    epoch = 0;
    sparsity = 0;
    moved();
  }

  /** A record met a defect of the worker; it stays unanswered until the worker restarts. */
  void broken() {
    broken = true;
  }

  boolean isBroken() {
    return broken;
  }

  boolean isIdle() {
    return running.get() == 0;
  }

  boolean isDraining() {
    return draining.getCount() == 0;
  }

  void drain() {
    draining.countDown();
  }

  /** Waits, and returns early with true when the worker drains. */
  boolean awaitDrain(Duration most) {
    try {
      return draining.await(most.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  void progressed(double done) {
    progress = done;
    moved();
  }

  void trained(int currentEpoch, double reached) {
    epoch = currentEpoch;
    sparsity = reached;
    moved();
  }

  private void moved() {
    moved = System.nanoTime();
  }

  double progress() {
    return progress;
  }

  int epoch() {
    return epoch;
  }

  double sparsity() {
    return sparsity;
  }

  double progressAgeSeconds() {
    return isIdle() ? 0 : (System.nanoTime() - moved) / 1e9;
  }
}
