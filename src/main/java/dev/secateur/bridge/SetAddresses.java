package dev.secateur.bridge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.MalformedEventException;
import dev.secateur.event.ModelRegistered;

/** Holds an event that strangers had a say in to the contract, and its sets to their places. */
final class SetAddresses {
  private static final String ADDRESS = "uri";

  private final AllowedPrefixes allowed;

  SetAddresses(AllowedPrefixes allowed) {
    this.allowed = allowed;
  }

  void require(ObjectNode data) throws Refusal {
    JsonNode sets = data.path("datasets");
    if (sets.findValues(ADDRESS).isEmpty()) {
      throw new Refusal(
          "no samples are named: set the tag "
              + Tags.TRAIN
              + " (or "
              + Tags.EVALUATION
              + ") to s3://…, on the version or its model, or log the run's set with its s3://"
              + " source");
    }
    for (var set : sets.properties()) {
      if (set.getValue().has(ADDRESS)) {
        allowed.require(Tags.PREFIX + set.getKey(), set.getValue().path(ADDRESS).asText());
      }
    }
    try {
      ModelRegistered.read(data);
    } catch (MalformedEventException e) {
      throw new Refusal(e.getMessage(), e);
    }
  }
}
