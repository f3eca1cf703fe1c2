package dev.secateur.worker;

import java.util.concurrent.atomic.AtomicInteger;

/** What the worker is doing now: for its health, its gauges and its drain. */
final class Work {
  private final AtomicInteger queued = new AtomicInteger();
  private final AtomicInteger running = new AtomicInteger();
  private volatile boolean draining;
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

  boolean isIdle() {
    return running.get() == 0;
  }

  boolean isDraining() {
    return draining;
  }

  void drain() {
    draining = true;
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
