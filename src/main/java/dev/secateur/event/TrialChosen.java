package dev.secateur.event;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.secateur.event.CompressionCancelled.Registered;
import java.util.List;
import java.util.Optional;

/**
 * What the data of {@code trial.chosen.v1} says: somebody wants a trial of a search made as a
 * whole, and answered.
 *
 * @param registered the event that asked for the search
 * @param order of the search in the ledger, instead
 * @param trial its number
 */
public record TrialChosen(Optional<Registered> registered, Optional<String> order, int trial) {
  /**
   * Reads data that may come from anyone.
   *
   * @throws MalformedEventException naming each place that the schema refuses
   */
  public static TrialChosen read(JsonNode data) throws MalformedEventException {
    List<String> violations = EventSchemas.violations(EventType.TRIAL_CHOSEN, data);
    if (!violations.isEmpty()) {
      throw invalid(String.join("; ", violations));
    }
    try {
      TrialChosen chosen = EventJson.fromTree(data, TrialChosen.class);
      if (chosen.registered().isPresent() == chosen.order().isPresent()) {
        throw invalid("/: must have registered or order, and not both");
      }
      return chosen;
    } catch (JsonProcessingException e) {
      throw invalid(e.getOriginalMessage());
    }
  }

  private static MalformedEventException invalid(String message) {
    return new MalformedEventException(MalformedEventException.Reason.INVALID_DATA, message);
  }
}
