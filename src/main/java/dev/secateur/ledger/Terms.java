package dev.secateur.ledger;

import java.time.Duration;

/**
 * What a worker brings to the ledger.
 *
 * @param worker tells it from all others, also from the process that had its name before
 * @param engine the engine's version
 * @param lease how long its claims hold after a sign of life
 * @param stall how long a job's step may stand still
 */
public record Terms(String worker, String engine, Duration lease, Duration stall) {
  /** So many signs of life may be late before others take the worker for dead. */
  private static final int BEATS = 4;

  /** From one sign of life to the next. */
  public Duration heartbeat() {
    return heartbeat(lease);
  }

  static Duration heartbeat(Duration lease) {
    return lease.dividedBy(BEATS);
  }
}
