package dev.secateur.ledger;

import dev.secateur.ledger.LedgerStore.Listed;
import java.time.Duration;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What the ledger writes, it removes: settled orders and all that belongs to them after a time that
 * must be longer than the input topic's retention, and remains that nobody will use. It also puts
 * an order back under {@code pending/} whose intake died between the two writes and whose record
 * never came again. Any number of workers may do so at once; one is enough.
 */
public final class Retention {
  /** What is younger somebody may be at work on. */
  private static final Duration AT_WORK = Duration.ofHours(1);

  /** An event that is cancelled before it comes is on its way for less. */
  private static final Duration FORGOTTEN = Duration.ofDays(1);

  private final LedgerStore store;
  private final FirstReadable<Order> orders;
  private final FirstReadable<Result> results;
  private final Pending pending;

  Retention(
      LedgerStore store,
      FirstReadable<Order> orders,
      FirstReadable<Result> results,
      Pending pending) {
    this.store = store;
    this.orders = orders;
    this.results = results;
    this.pending = pending;
  }

  /**
   * Goes through the books once.
   *
   * @param keep how long what is settled is kept
   */
  public void sweep(Duration keep) {
    // Before the orders are listed: what is settled meanwhile was pending then.
    Set<String> waiting = pending.orders();
    Set<String> gone = new HashSet<>(waiting);
    orders(waiting, gone, keep);
    deleteIf(
        Keys.PENDING, listed -> listed.age().compareTo(AT_WORK) > 0 && gone.contains(last(listed)));
    results(waiting, keep);
    for (String prefix : List.of(Keys.JOBS, Keys.DEFECTS, Keys.TURNS, Keys.PRODUCTS)) {
      deleteIf(prefix, listed -> listed.age().compareTo(keep) > 0);
    }
    // Of an order that never came.
    deleteIf(
        Keys.CANCELS,
        listed -> listed.age().compareTo(FORGOTTEN) > 0 && !waiting.contains(of(listed.name())));
    // Once more: the way here may have been long, and what has come since may be at work.
    waiting.addAll(pending.orders());
    for (String prefix : List.of(Keys.CLAIMS, Keys.CHECKPOINTS, Keys.ATTEMPTS, Keys.SEARCHES)) {
      deleteIf(
          prefix,
          listed -> listed.age().compareTo(AT_WORK) > 0 && !waiting.contains(of(listed.name())));
    }
    // Last, since not every store lets the workers do so. Signs of life are overwritten by the
    // thousand, and checkpoints are large.
    for (String prefix : List.of(Keys.CLAIMS, Keys.CHECKPOINTS, Keys.ATTEMPTS)) {
      store.deleteOldVersions(prefix);
    }
  }

  /**
   * Both listings are in the same order.
   *
   * @param gone what has an order is removed from it
   */
  private void orders(Set<String> waiting, Set<String> gone, Duration keep) {
    Iterator<Listed> settled = Pages.all(store, Keys.RESULTS).iterator();
    String result = "";
    for (Listed order : Pages.all(store, Keys.ORDERS)) {
      String id = of(order.name());
      gone.remove(id);
      while (result.compareTo(id) < 0 && settled.hasNext()) {
        result = of(settled.next().name());
      }
      boolean known = result.equals(id) || waiting.contains(id);
      if (!known && order.age().compareTo(AT_WORK) > 0) {
        putBack(id, order, keep);
      }
    }
  }

  private void putBack(String id, Listed order, Duration keep) {
    try {
      if (results.find(Keys.result(id)).isPresent()) {
        return;
      }
      Optional<Order> found = orders.find(Keys.order(id));
      if (found.isPresent()) {
        pending.add(found.get());
      } else if (order.age().compareTo(keep) > 0) {
        // Nobody can run what nobody can read, and nobody knows whom to tell.
        store.delete(Keys.ORDERS + order.name());
      }
    } catch (UnreadableException e) {
      // A newer version's: it sweeps for itself.
      return;
    }
  }

  /**
   * The order first: what is left by a sweep that ends in between is found again by its result, and
   * an event that comes again meanwhile gets the answer that it had.
   */
  private void results(Set<String> waiting, Duration keep) {
    for (Listed result : Pages.all(store, Keys.RESULTS)) {
      if (result.age().compareTo(keep) > 0 && !waiting.contains(of(result.name()))) {
        store.delete(Keys.ORDERS + result.name());
        store.delete(Keys.RESULTS + result.name());
      }
    }
  }

  private void deleteIf(String prefix, Predicate<Listed> old) {
    for (Listed listed : Pages.all(store, prefix)) {
      if (old.test(listed)) {
        store.delete(prefix + listed.name());
      }
    }
  }

  /** The order of an entry under {@code pending/}. */
  private static String last(Listed pending) {
    String name = pending.name().substring(pending.name().lastIndexOf('/') + 1);
    return Keys.orderOf(name).orElse("");
  }

  /** The order that an object belongs to. */
  private static String of(String name) {
    return name.split("[/~]", 2)[0];
  }
}
