package dev.secateur.ledger;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.EventJson;
import dev.secateur.ledger.LedgerStore.Entry;
import java.time.Duration;
import java.util.Optional;

/**
 * How many orders wait and how many are held. One worker counts for all: who finds the last count
 * too old counts anew, so that all tell the same and a long queue is listed once.
 *
 * @param waiting pending, and held by nobody
 * @param running held by a worker
 * @param own whether this process has just counted
 */
public record Census(long waiting, long running, boolean own) {
  static final String KEY = "census";

  /**
   * @param most a count that is older is taken anew
   */
  static Census of(LedgerStore store, Claims claims, Duration most) {
    Optional<Entry> last = store.get(KEY);
    Optional<Census> fresh =
        last.filter(entry -> entry.age().compareTo(most) < 0).flatMap(Census::read);
    return fresh.orElseGet(() -> count(store, claims));
  }

  private static Census count(LedgerStore store, Claims claims) {
    long running = claims.all().values().stream().filter(top -> !top.released()).count();
    long pending = 0;
    for (var entry : Pages.all(store, Keys.PENDING)) {
      String name = entry.name().substring(entry.name().lastIndexOf('/') + 1);
      pending += Keys.orderOf(name).isPresent() ? 1 : 0;
    }
    Census census = new Census(Math.max(0, pending - running), running, true);
    ObjectNode json = Document.fresh().put("waiting", census.waiting).put("running", running);
    store.put(KEY, EventJson.bytes(json));
    return census;
  }

  private static Optional<Census> read(Entry entry) {
    try {
      Document document = Document.read(KEY, entry.content());
      return Optional.of(new Census(document.number("waiting"), document.number("running"), false));
    } catch (UnreadableException e) {
      return Optional.empty();
    }
  }
}
