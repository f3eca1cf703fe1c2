package dev.secateur.ledger;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.EventJson;
import dev.secateur.store.Digests;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * What searches have decided on. A decision is written once: whoever goes on with a search, in
 * whatever version, goes on from what stands. A search's trials are orders like others, whose ids
 * follow from the search.
 */
public final class Searches {
  private final FirstReadable<ObjectNode> decisions;

  Searches(LedgerStore store) {
    this.decisions =
        new FirstReadable<>(
            store,
            decision -> {
              ObjectNode json = Document.fresh();
              json.set("decision", decision);
              return EventJson.bytes(json);
            },
            (key, bytes) -> Document.read(key, bytes).object("decision"));
  }

  /** The id of the order that a trial is. */
  public static String trial(String search, int number) {
    return Digests.sha256((search + " " + number).getBytes(StandardCharsets.UTF_8));
  }

  /**
   * What was decided after so many trials, and after so many of their best were refused.
   *
   * @param mine what is decided if nobody has
   */
  public ObjectNode decide(String search, int tried, ObjectNode mine) {
    return decisions.stand(Keys.search(search, tried), mine).document();
  }

  /** The same; empty where nothing was decided yet. */
  public Optional<ObjectNode> decided(String search, int tried) {
    return decisions.find(Keys.search(search, tried));
  }
}
