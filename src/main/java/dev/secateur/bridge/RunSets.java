package dev.secateur.bridge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.EventJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The sets that a run says it was given ({@code mlflow.log_input}), where they are in S3. */
final class RunSets {
  private static final String CONTEXT = "mlflow.data.context";

  /** What people call a set's purpose, and what an event calls it. */
  private static final Map<String, String> PURPOSES =
      Map.of(
          "training", "train",
          "train", "train",
          "evaluation", "evaluation",
          "eval", "evaluation",
          "validation", "evaluation",
          "testing", "evaluation",
          "test", "evaluation");

  private RunSets() {}

  /**
   * @param run as {@code runs/get} tells it
   * @return an event's {@code datasets}; empty where none of the sets can be used
   */
  static ObjectNode of(JsonNode run) throws Refusal {
    ObjectNode sets = JsonNodeFactory.instance.objectNode();
    for (JsonNode input : run.path("inputs").path("dataset_inputs")) {
      Optional<String> purpose = purpose(input);
      Optional<String> uri = uri(input.path("dataset").path("source").asText());
      if (purpose.isEmpty() || uri.isEmpty()) {
        continue;
      }
      String before = sets.path(purpose.get()).path("uri").asText(uri.get());
      if (!before.equals(uri.get())) {
        throw new Refusal(
            "the run logged several sets for "
                + purpose.get()
                + " ("
                + before
                + ", "
                + uri.get()
                + "): name one in the tag "
                + Tags.PREFIX
                + purpose.get());
      }
      sets.putObject(purpose.get()).put("uri", uri.get());
    }
    return sets;
  }

  private static Optional<String> purpose(JsonNode input) {
    return Optional.ofNullable(ModelVersion.tags(input).get(CONTEXT))
        .map(context -> PURPOSES.get(context.toLowerCase(Locale.ROOT)));
  }

  /** MLflow keeps a source as JSON in a string. */
  private static Optional<String> uri(String source) {
    try {
      String uri = EventJson.parse(source.getBytes(StandardCharsets.UTF_8)).path("uri").asText("");
      return uri.startsWith("s3://") ? Optional.of(uri) : Optional.empty();
    } catch (IOException e) {
      // Code, or whatever else it was made by.
      return Optional.empty();
    }
  }
}
