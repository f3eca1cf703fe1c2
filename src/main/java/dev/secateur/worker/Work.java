package dev.secateur.worker;

import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** What the worker is doing now: for its health, its gauges and its drain. */
@Singleton
public final class Work {
  private final AtomicInteger queued = new AtomicInteger();
  private final CountDownLatch draining = new CountDownLatch(1);
  private volatile double progress;
  private volatile int epoch;
  private volatile double sparsity;
  private volatile Optional<String> stateTrouble = Optional.empty();

  /** When there was last something to do, by the nanosecond clock. */
  private volatile long idleSince = System.nanoTime();

  /** When each job's thread last moved. */
  private final Map<Thread, Long> moved = new ConcurrentHashMap<>();

  int queued() {
    return queued.get();
  }

  public void received() {
    queued.incrementAndGet();
  }

  /** A received record was done with, or will be asked for again. */
  public void settled() {
    queued.decrementAndGet();
  }

  /** There is something to do, or was until now: a worker that is idle for it is not. */
  public void stir() {
    idleSince = System.nanoTime();
  }

  /** How long there has been nothing to do, as far as is known here. */
  public Duration idle() {
    return Duration.ofNanos(System.nanoTime() - idleSince);
  }

  public void started() {
    moved.put(Thread.currentThread(), System.nanoTime());
  }

  public void stopped() {
    progress = 0;
    epoch = 0;
    sparsity = 0;
    moved.remove(Thread.currentThread());
  }

  public boolean isDraining() {
    return draining.getCount() == 0;
  }

  /** What keeps records from being answered: claims or results that are not to be had. */
  public Optional<String> stateTrouble() {
    return stateTrouble;
  }

  public void stateTrouble(Optional<String> trouble) {
    stateTrouble = trouble;
  }

  public void drain() {
    draining.countDown();
  }

  /** Asked by who waits for a server, which is no standstill: whether the worker drains. */
  public boolean stopsWaiting() {
    moved();
    return isDraining();
  }

  /** Waits, and returns early with true when the worker drains. */
  public boolean awaitDrain(Duration most) {
    moved();
    try {
      return draining.await(most.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  public void progressed(double done) {
    progress = done;
    moved();
  }

  public void trained(int currentEpoch, double reached) {
    epoch = currentEpoch;
    sparsity = reached;
    moved();
  }

  /** Only a job's thread has something to move. */
  private void moved() {
    moved.computeIfPresent(Thread.currentThread(), (thread, before) -> System.nanoTime());
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

  /** Of the job that has stood longest; 0 where none runs. */
  public double progressAgeSeconds() {
    long now = System.nanoTime();
    return moved.values().stream().mapToDouble(last -> (now - last) / 1e9).max().orElse(0);
  }
}
