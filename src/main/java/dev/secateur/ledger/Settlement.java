package dev.secateur.ledger;

import dev.secateur.ledger.LedgerStore.Listed;

/**
 * How an order ends: its result is made durable, then its answer is sent, then what only a running
 * order needs is removed, and the pending entry last. Whoever dies in between leaves an order that
 * the next worker meets as answered.
 */
final class Settlement {
  private final LedgerStore store;
  private final FirstReadable<Result> results;
  private final Pending pending;
  private final Cancels cancels;

  Settlement(LedgerStore store, FirstReadable<Result> results, Pending pending, Cancels cancels) {
    this.store = store;
    this.results = results;
    this.pending = pending;
    this.cancels = cancels;
  }

  /** The first result stands; the one that does is returned, and is what is to be sent. */
  Result settle(Result mine) {
    return results.stand(Keys.result(mine.order()), mine).document();
  }

  /** After the answer was sent. */
  void close(Order order) {
    cancels.remove(order.id());
    removeAll(Keys.CHECKPOINTS + order.id() + "/");
    removeAll(Keys.SEARCHES + order.id() + "/");
    removeAll(Keys.claims(order.id()));
    pending.remove(order);
  }

  private void removeAll(String prefix) {
    for (Listed listed : Pages.all(store, prefix)) {
      store.delete(prefix + listed.name());
    }
  }
}
