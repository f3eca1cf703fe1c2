package dev.secateur.ledger;

import java.util.Set;
import java.util.TreeSet;

/**
 * Orders that somebody wants ended. Whoever holds one ends it; one that nobody holds is claimed by
 * any worker, busy or not, and ended.
 */
public final class Cancels {
  private final LedgerStore store;

  Cancels(LedgerStore store) {
    this.store = store;
  }

  public void request(String order) {
    store.put(Keys.cancel(order), new byte[0]);
  }

  public Set<String> requested() {
    Set<String> orders = new TreeSet<>();
    Pages.names(store, Keys.CANCELS).forEach(orders::add);
    return orders;
  }

  boolean isRequested(String order) {
    return store.get(Keys.cancel(order)).isPresent();
  }

  void remove(String order) {
    store.delete(Keys.cancel(order));
  }
}
