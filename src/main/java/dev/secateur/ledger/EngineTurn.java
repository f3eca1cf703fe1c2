package dev.secateur.ledger;

import java.time.Duration;

/**
 * Whose turn an order is that another engine version has begun: for one lease a worker's of that
 * version, which can go on from its checkpoints, then anybody's, who begins anew. Not final for the
 * test that takes the rule out.
 */
class EngineTurn {
  /**
   * How long a worker has to wait after the order came free.
   *
   * @param kept what a checkpoint has kept; 0: nothing would be lost
   */
  Duration wait(String mine, String begunBy, long kept, Duration lease) {
    return mine.equals(begunBy) || kept == 0 ? Duration.ZERO : lease;
  }
}
