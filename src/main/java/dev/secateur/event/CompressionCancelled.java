package dev.secateur.event;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;

/**
 * What the data of {@code compression.cancelled.v1} says: somebody wants one registered event's
 * job, or all of a model's, ended. What is not settled by then ends in {@code failed}.
 */
public record CompressionCancelled(
    Optional<Registered> registered, Optional<Model> model, Optional<String> reason) {

  /** A registered event, by what CloudEvents identifies it with. */
  public record Registered(String source, String id) {}

  /**
   * @param version empty: all of the model's
   */
  public record Model(String name, Optional<String> version) {}

  /**
   * Reads data that may come from anyone.
   *
   * @throws MalformedEventException naming each place that the schema refuses
   */
  public static CompressionCancelled read(JsonNode data) throws MalformedEventException {
    List<String> violations = EventSchemas.violations(EventType.CANCELLED, data);
    if (!violations.isEmpty()) {
      throw invalid(String.join("; ", violations));
    }
    try {
      CompressionCancelled cancelled = EventJson.fromTree(data, CompressionCancelled.class);
      if (cancelled.registered().isPresent() == cancelled.model().isPresent()) {
        throw invalid("/: must have registered or model, and not both");
      }
      return cancelled;
    } catch (JsonProcessingException e) {
      throw invalid(e.getOriginalMessage());
    }
  }

  private static MalformedEventException invalid(String message) {
    return new MalformedEventException(MalformedEventException.Reason.INVALID_DATA, message);
  }
}
