package dev.secateur.ledger;

import dev.secateur.ledger.LedgerStore.Listed;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * What waits, in the order in which it is to be taken: highest priority first, tenants in turn, the
 * oldest of each first. Each worker goes round by itself, and begins anywhere.
 */
final class Pending {
  private final LedgerStore store;

  /** By priority: the tenant that this worker last took an order of. */
  private final Map<String, String> last = new HashMap<>();

  /** Where this worker's first round begins. */
  private final String start;

  Pending(LedgerStore store, String start) {
    this.store = store;
    this.start = start;
  }

  void add(Order order) {
    store.put(Keys.pending(order), new byte[0]);
  }

  void remove(Order order) {
    store.delete(Keys.pending(order));
  }

  boolean has(Order order) {
    return store.get(Keys.pending(order)).isPresent();
  }

  /**
   * Offers the orders, one after the other, until one is taken.
   *
   * @param priorities that have any, as they stand in keys
   * @param passed tenants, as they stand in keys, whose orders are not to be offered
   */
  <T> Optional<T> first(
      List<String> priorities, Predicate<String> passed, Function<String, Optional<T>> take) {
    for (String priority : priorities) {
      String under = Keys.PENDING + priority;
      List<String> tenants = prefixes(under);
      String before = last.getOrDefault(priority, start);
      int next = 0;
      while (next < tenants.size() && tenants.get(next).compareTo(before) <= 0) {
        next++;
      }
      Collections.rotate(tenants, -next);
      for (String tenant : tenants) {
        if (passed.test(tenant.substring(0, tenant.length() - 1))) {
          continue;
        }
        Optional<T> taken = firstOf(under + tenant, take);
        if (taken.isPresent()) {
          last.put(priority, tenant);
          return taken;
        }
      }
    }
    return Optional.empty();
  }

  /** Whose turn was last, by priority. */
  Map<String, String> turns() {
    return Map.copyOf(last);
  }

  void setTurns(Map<String, String> turns) {
    last.clear();
    last.putAll(turns);
  }

  List<String> priorities() {
    return prefixes(Keys.PENDING);
  }

  private <T> Optional<T> firstOf(String prefix, Function<String, Optional<T>> take) {
    for (String name : Pages.names(store, prefix)) {
      Optional<T> taken = Keys.orderOf(name).flatMap(take);
      if (taken.isPresent()) {
        return taken;
      }
    }
    return Optional.empty();
  }

  /** Of all that waits. */
  Set<String> orders() {
    Set<String> orders = new HashSet<>();
    for (Listed listed : Pages.all(store, Keys.PENDING)) {
      String name = listed.name().substring(listed.name().lastIndexOf('/') + 1);
      Keys.orderOf(name).ifPresent(orders::add);
    }
    return orders;
  }

  private List<String> prefixes(String under) {
    List<String> all = new ArrayList<>();
    for (String name : Pages.names(store, under)) {
      if (name.endsWith("/")) {
        all.add(name);
      }
    }
    return all;
  }
}
