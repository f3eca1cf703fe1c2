package dev.secateur.ledger;

/** Something that happened in a history, as the promises are told of it. */
sealed interface Step {
  /** An object appeared, was overwritten or disappeared. */
  record Wrote(String worker, String key, byte[] content, boolean fresh) implements Step {
    @Override
    public String toString() {
      return worker + (fresh ? " creates " : " writes ") + key;
    }
  }

  record Deleted(String worker, String key) implements Step {
    @Override
    public String toString() {
      return worker + " deletes " + key;
    }
  }

  /**
   * @param silence true milliseconds since a claim's sign of life, as it was read
   */
  record Read(String worker, String key, long silence) implements Step {
    @Override
    public String toString() {
      return worker + " reads " + key;
    }
  }

  /** A record was acknowledged. */
  record Acknowledged(String order) implements Step {}

  /** An answer reached the broker. */
  record Sent(String worker, Result result) implements Step {
    @Override
    public String toString() {
      return worker + " sends the answer of " + result.order() + ", made in " + result.epoch();
    }
  }

  /** A worker holds an order now. */
  record Holds(String worker, String order, long epoch, int attempts) implements Step {}

  /**
   * A worker begins to run an order.
   *
   * @param step that it goes on from
   * @param by the engine whose checkpoint it goes on from, or empty
   */
  record Begins(String worker, String engine, String order, long epoch, long step, String by)
      implements Step {}

  /** An idle worker begins to look for an order. */
  record Looks(String worker, String engine) implements Step {}

  /**
   * @param found whether it found one
   * @param disturbed whether the store answered it with trouble
   */
  record Looked(String worker, String engine, boolean found, boolean disturbed) implements Step {}

  /** All has had its time. */
  record Ends() implements Step {}
}
