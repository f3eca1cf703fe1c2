package dev.secateur.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.secateur.event.CloudEvent;
import java.util.Locale;

/** An event of a job as one line of text. */
public final class EventLine {
  private static final int KEY = 12;

  private EventLine() {}

  public static String of(CloudEvent event) {
    JsonNode data = event.data();
    String job = data.at("/job/key").asText();
    return String.format(
        Locale.ROOT,
        "%s  %s %s  %s",
        job.substring(0, Math.min(KEY, job.length())),
        data.at("/model/name").asText(),
        data.at("/model/version").asText(),
        switch (event.type()) {
          case PROGRESSED -> progress(data);
          case COMPLETED -> completed(data);
          case FAILED ->
              "FAILED "
                  + data.at("/reason/code").asText()
                  + ": "
                  + data.at("/reason/message").asText();
          case REGISTERED -> "registered";
          case CANCELLED -> "cancelled";
          case TRIAL_CHOSEN -> "trial " + data.path("trial").asText() + " chosen";
        });
  }

  private static String progress(JsonNode data) {
    JsonNode trial = data.at("/trial/number");
    String text =
        String.format(
            Locale.ROOT,
            "%s%3.0f %%  %s",
            trial.isMissingNode() ? "" : "trial " + trial.asText() + " ",
            100 * data.path("progress").asDouble(),
            data.path("stage").asText());
    JsonNode search = data.path("search");
    if (!search.isMissingNode()) {
      text +=
          String.format(
              Locale.ROOT,
              "  %d of %d trials, the best %,d bytes zipped",
              search.path("tried").asInt(),
              search.path("most").asInt(),
              search.at("/best/zippedBytes").asLong());
    }
    JsonNode training = data.path("training");
    return training.isMissingNode()
        ? text
        : text
            + String.format(
                Locale.ROOT,
                "  step %d/%d  loss %.4f  sparsity %.1f %%",
                training.path("step").asInt(),
                training.path("steps").asInt(),
                training.path("loss").asDouble(),
                100 * training.path("sparsity").asDouble());
  }

  private static String completed(JsonNode data) {
    return data.path("outcome").asText().toUpperCase(Locale.ROOT)
        + ": "
        + data.path("reason").asText()
        + "  "
        + data.at("/report/html").asText();
  }
}
