package dev.secateur.ledger;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.EventJson;
import java.time.Duration;
import java.time.Instant;

/**
 * A holder's sign of life.
 *
 * @param stage what it does, in the worker's word
 * @param step how far it is; grows over the whole order
 * @param kept the step that its last checkpoint can be resumed from; 0 without one
 * @param still how long ago the step moved, by the holder's clock
 * @param done the share of the order that is done, 0 to 1
 * @param attempts as in the claim, and those since
 * @param at when it was written, by the holder's clock: to be shown
 */
public record Heart(
    String stage, long step, long kept, Duration still, double done, int attempts, Instant at) {

  byte[] bytes() {
    ObjectNode json = Document.fresh();
    json.put("stage", stage).put("step", step).put("kept", kept);
    json.put("still", still.toString()).put("done", done);
    json.put("attempts", attempts).put("at", at.toString());
    return EventJson.bytes(json);
  }

  static Heart of(String key, byte[] bytes) {
    Document document = Document.read(key, bytes);
    return new Heart(
        document.text("stage"),
        document.number("step"),
        document.number("kept"),
        document.duration("still"),
        document.fraction("done"),
        document.count("attempts"),
        document.instant("at"));
  }
}
