package dev.secateur.ledger;

import java.util.Set;
import java.util.TreeSet;

/**
 * Orders that somebody wants ended. Whoever holds one ends it; one that nobody holds is claimed by
 * any worker, busy or not, and ended.
 */
public final class Cancels {
  private static final int MOST = 1000;

  private final LedgerStore store;

  Cancels(LedgerStore store) {
    this.store = store;
  }

  public void request(String order) {
    store.put(Keys.cancel(order), new byte[0]);
  }

  /** The first thousand: those behind follow when these have ended. */
  public Set<String> requested() {
    return new TreeSet<>(store.names(Keys.CANCELS, "", MOST));
  }

  void remove(String order) {
    store.delete(Keys.cancel(order));
  }
}
