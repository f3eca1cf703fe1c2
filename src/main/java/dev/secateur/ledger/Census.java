package dev.secateur.ledger;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.EventJson;
import dev.secateur.ledger.LedgerStore.Entry;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * How many orders wait and how many are held, and what is paused. One worker counts for all: who
 * finds the last count too old counts anew, so that all tell the same and a long queue is listed
 * once.
 *
 * @param waiting pending, and held by nobody
 * @param running held by a worker
 * @param everything whether everything is paused
 * @param models how many models are paused
 * @param tenants how many tenants are paused
 * @param orders all of them, where this process has just counted
 */
public record Census(
    long waiting,
    long running,
    boolean everything,
    long models,
    long tenants,
    Optional<Set<String>> orders) {
  static final String KEY = "census";

  /**
   * @param most a count that is older is taken anew
   */
  static Census of(
      LedgerStore store, Claims claims, Pending pending, Pauses pauses, Duration most) {
    Optional<Entry> last = store.get(KEY);
    Optional<Census> fresh =
        last.filter(entry -> entry.age().compareTo(most) < 0).flatMap(Census::read);
    return fresh.orElseGet(() -> count(store, claims, pending, pauses.now()));
  }

  private static Census count(
      LedgerStore store, Claims claims, Pending pending, Pauses.Now paused) {
    long running = claims.all().values().stream().filter(top -> !top.released()).count();
    Set<String> orders = pending.orders();
    Census census =
        new Census(
            Math.max(0, orders.size() - running),
            running,
            paused.stopsAll(),
            paused.models(),
            paused.tenants(),
            Optional.of(orders));
    ObjectNode json = Document.fresh().put("waiting", census.waiting).put("running", running);
    json.put("everythingPaused", census.everything ? 1 : 0);
    json.put("modelsPaused", census.models).put("tenantsPaused", census.tenants);
    store.put(KEY, EventJson.bytes(json));
    return census;
  }

  private static Optional<Census> read(Entry entry) {
    try {
      Document document = Document.read(KEY, entry.content());
      return Optional.of(
          new Census(
              document.number("waiting"),
              document.number("running"),
              document.number("everythingPaused") > 0,
              document.number("modelsPaused"),
              document.number("tenantsPaused"),
              Optional.empty()));
    } catch (UnreadableException e) {
      return Optional.empty();
    }
  }
}
