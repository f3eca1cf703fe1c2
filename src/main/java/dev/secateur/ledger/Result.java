package dev.secateur.ledger;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.EventJson;
import java.time.Instant;

/**
 * What became of an order: the answer as it is sent, however often.
 *
 * @param epoch of the claim whose artifacts the answer names; 0 where nothing ran
 * @param outcome {@code accepted}, {@code rejected} or {@code failed}
 * @param shared whether it answers equal orders too: what passed by, or was asked for, does not
 * @param letter whether the order's record belongs into the dead-letter topic as well
 * @param event the answer, a CloudEvent in structured mode
 * @param at when it was settled, by the settling worker's clock: to be shown
 */
public record Result(
    String order,
    long epoch,
    int attempts,
    String worker,
    String engine,
    String outcome,
    boolean shared,
    boolean letter,
    ObjectNode event,
    Instant at) {

  byte[] bytes() {
    ObjectNode json = Document.fresh();
    json.put("order", order).put("epoch", epoch).put("attempts", attempts);
    json.put("worker", worker).put("engine", engine).put("outcome", outcome);
    json.put("shared", shared).put("letter", letter).put("at", at.toString());
    json.set("event", event);
    return EventJson.bytes(json);
  }

  static Result of(String key, byte[] bytes) {
    Document document = Document.read(key, bytes);
    return new Result(
        document.text("order"),
        document.number("epoch"),
        document.count("attempts"),
        document.text("worker"),
        document.text("engine"),
        document.text("outcome"),
        document.flag("shared"),
        document.flag("letter"),
        document.object("event"),
        document.instant("at"));
  }

  /** The same answer to an order that asks for the same, and for which nothing ran. */
  Result answering(String other) {
    return new Result(other, 0, 0, worker, engine, outcome, shared, letter, event, at);
  }
}
