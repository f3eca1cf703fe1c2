package dev.secateur.ledger;

import java.time.Duration;

/**
 * When a claim may be followed: its lease has run out since its last sign of life, or its step has
 * stood still for too long. The holder's own terms count. Not final for the test that takes the
 * rule out.
 */
class Expiry {
  /** An age is the difference of two times in whole seconds. */
  static final Duration RESOLUTION = Duration.ofSeconds(1);

  /**
   * How much longer it holds; zero or less: no longer.
   *
   * @param silent the age of the last sign of life
   * @param still how long the step stood still at that time
   */
  Duration left(Duration lease, Duration stall, Duration silent, Duration still) {
    Duration moving = stall.minus(still);
    Duration shorter = lease.compareTo(moving) < 0 ? lease : moving;
    return shorter.plus(RESOLUTION).minus(silent);
  }
}
