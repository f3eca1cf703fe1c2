package dev.secateur.ledger;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.EventJson;
import java.time.Duration;
import java.time.Instant;

/**
 * The right to run an order, as its object says it.
 *
 * @param epoch the fencing number: the highest holds
 * @param token tells it from other claims of the same worker
 * @param lease how long it holds after its last sign of life
 * @param stall how long its step may stand still
 * @param attempts including this one, since what is kept last grew
 * @param best the furthest that any claim before this one kept
 * @param at when it was taken, by the holder's clock: to be shown, not to be reckoned with
 */
public record Claim(
    String order,
    long epoch,
    String worker,
    String token,
    String engine,
    Duration lease,
    Duration stall,
    int attempts,
    long best,
    Instant at) {

  byte[] bytes() {
    ObjectNode json = Document.fresh();
    json.put("order", order).put("epoch", epoch).put("worker", worker).put("token", token);
    json.put("engine", engine).put("lease", lease.toString()).put("stall", stall.toString());
    json.put("attempts", attempts).put("best", best).put("at", at.toString());
    return EventJson.bytes(json);
  }

  static Claim of(String key, byte[] bytes) {
    Document document = Document.read(key, bytes);
    return new Claim(
        document.text("order"),
        document.number("epoch"),
        document.text("worker"),
        document.text("token"),
        document.text("engine"),
        document.duration("lease"),
        document.duration("stall"),
        document.count("attempts"),
        document.number("best"),
        document.instant("at"));
  }
}
