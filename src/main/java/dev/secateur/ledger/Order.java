package dev.secateur.ledger;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.EventJson;
import dev.secateur.store.Digests;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/**
 * A registered event as it was taken in, resolved and durable. Written once: whoever takes the same
 * event in again gets this one, whatever has become of its inputs and of the worker's version.
 *
 * @param id 64 hexadecimal digits; see {@link #idOf}
 * @param tenant who shares fairly with others: the event's tenant, else the model's name
 * @param priority 0 to 9; 9 is first
 * @param since since when it waits
 * @param job equal for orders that ask for the same work on the same bytes
 * @param engine the version that resolved it
 * @param resolved what the worker needs to run it; the ledger looks at its {@code format} alone: 2
 *     or 3 where older versions would misread it, who then leave the order to newer ones
 */
public record Order(
    String id,
    Received received,
    String model,
    String version,
    String tenant,
    int priority,
    Instant since,
    String job,
    String engine,
    ObjectNode resolved) {
  public static final int HIGHEST = 9;
  public static final int USUAL = 4;

  public Order {
    if (priority < 0 || priority > HIGHEST) {
      throw new IllegalArgumentException("priority: must be 0 to " + HIGHEST + ", not " + priority);
    }
  }

  /** CloudEvents promises that source and id together name one event. */
  public static String idOf(String source, String id) {
    String both = source.length() + " " + source + " " + id;
    return Digests.sha256(both.getBytes(StandardCharsets.UTF_8));
  }

  byte[] bytes() {
    ObjectNode json = Document.fresh();
    json.put("format", resolved.path("format").asInt(Document.OLDEST));
    json.put("order", id);
    json.set("received", received.json());
    json.put("model", model).put("version", version).put("tenant", tenant);
    json.put("priority", priority).put("since", since.toString());
    json.put("job", job).put("engine", engine);
    json.set("resolved", resolved);
    return EventJson.bytes(json);
  }

  static Order of(String key, byte[] bytes) {
    Document document = Document.read(key, bytes);
    int priority = document.count("priority");
    if (priority < 0 || priority > HIGHEST) {
      throw new UnreadableException(key + ": priority: is out of range", false);
    }
    return new Order(
        document.text("order"),
        Received.of(new Document(key, document.object("received"))),
        document.text("model"),
        document.text("version"),
        document.text("tenant"),
        priority,
        document.instant("since"),
        document.text("job"),
        document.text("engine"),
        document.object("resolved"));
  }
}
