package dev.secateur.ledger;

/**
 * How often a record has met a defect of the worker while it was taken in, counted where all
 * workers see it.
 */
public final class Defects {
  private static final byte[] MET = new byte[0];

  private final LedgerStore store;

  public Defects(LedgerStore store) {
    this.store = store;
  }

  /**
   * Counts one more.
   *
   * @param position topic, partition and offset
   * @return how many there are, at most {@code most}
   */
  public int count(String position, int most) {
    for (int n = 1; n < most; n++) {
      if (store.create(Keys.defect(position, n), MET).isDone()) {
        return n;
      }
    }
    return most;
  }

  /** After the record was put aside. */
  public void forget(String position, int most) {
    for (int n = 1; n < most; n++) {
      store.delete(Keys.defect(position, n));
    }
  }
}
