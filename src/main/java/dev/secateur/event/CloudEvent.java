package dev.secateur.event;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.Optional;

/**
 * A CloudEvent 1.0 with JSON data.
 *
 * @param source a URI reference: who says it
 * @param time when it was said; empty where the producer left it out
 * @param traceparent W3C trace context, as the distributed tracing extension carries it
 */
public record CloudEvent(
    String id,
    String source,
    EventType type,
    Optional<String> subject,
    Optional<Instant> time,
    Optional<String> traceparent,
    ObjectNode data) {

  public CloudEvent {
    if (id.isEmpty() || source.isEmpty()) {
      throw new IllegalArgumentException("a CloudEvent needs an id and a source");
    }
  }
}
