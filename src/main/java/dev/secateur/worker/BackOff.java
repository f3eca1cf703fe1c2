package dev.secateur.worker;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** Waits that double up to a bound, with a quarter of jitter; a drain ends them early. */
public final class BackOff {
  private static final double JITTER = 0.25;

  private final Work work;
  private final Duration longest;
  private Duration next;

  BackOff(Work work, Duration first, Duration longest) {
    this.work = work;
    this.longest = longest;
    this.next = first;
  }

  /**
   * Waits.
   *
   * @return false if the worker drains
   */
  public boolean pause() {
    double jitter = 1 + JITTER * (2 * ThreadLocalRandom.current().nextDouble() - 1);
    Duration wait = Duration.ofMillis((long) (next.toMillis() * jitter));
    Duration doubled = next.multipliedBy(2);
    next = doubled.compareTo(longest) < 0 ? doubled : longest;
    return !work.awaitDrain(wait);
  }
}
