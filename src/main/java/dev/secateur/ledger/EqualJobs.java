package dev.secateur.ledger;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.EventJson;
import dev.secateur.ledger.LedgerStore.Entry;
import dev.secateur.store.Created;
import java.util.Optional;

/**
 * Of orders that ask for the same job, one computes it for all: the last of a chain of leaders. The
 * next is appointed only where the one before is settled with an answer that is its own alone, or
 * is gone.
 */
final class EqualJobs {
  private final LedgerStore store;
  private final FirstReadable<Order> orders;
  private final FirstReadable<Result> results;
  private final Pending pending;

  /** What an order is to its job. */
  sealed interface Place permits Leads, Follows, Answered {}

  /** It computes. */
  record Leads() implements Place {}

  /** Another computes, or will. */
  record Follows(String leader) implements Place {}

  /** Another has computed, and its answer was sent: what it names is where it is to be. */
  record Answered(Result result) implements Place {}

  EqualJobs(
      LedgerStore store,
      FirstReadable<Order> orders,
      FirstReadable<Result> results,
      Pending pending) {
    this.store = store;
    this.orders = orders;
    this.results = results;
    this.pending = pending;
  }

  /** As it is now; an order that would be appointed leads. */
  Place look(Order order) {
    return place(order, false);
  }

  /** Appoints the order if it is to lead. */
  Place appoint(Order order) {
    return place(order, true);
  }

  private Place place(Order order, boolean appoint) {
    for (int n = 0; ; n++) {
      String key = Keys.job(order.job(), n);
      if (appoint) {
        ObjectNode json = Document.fresh().put("order", order.id());
        if (store.create(key, EventJson.bytes(json)) == Created.INTACT) {
          return new Leads();
        }
      }
      Optional<Entry> entry = store.get(key);
      if (entry.isEmpty() && !appoint) {
        return new Leads();
      }
      Optional<String> leader = entry.flatMap(e -> leader(key, e));
      if (leader.equals(Optional.of(order.id()))) {
        return new Leads();
      }
      Optional<Place> behind = leader.flatMap(this::behind);
      if (behind.isPresent()) {
        return behind.get();
      }
    }
  }

  /** Empty: nobody needs to wait for it. */
  private Optional<Place> behind(String leader) {
    try {
      Optional<Order> order = orders.find(Keys.order(leader));
      if (order.isPresent() && pending.has(order.get())) {
        return Optional.of(new Follows(leader));
      }
      return results.find(Keys.result(leader)).filter(Result::shared).map(Answered::new);
    } catch (UnreadableException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> leader(String key, Entry entry) {
    try {
      return Optional.of(Document.read(key, entry.content()).text("order"));
    } catch (UnreadableException e) {
      return Optional.empty();
    }
  }
}
