package dev.secateur.worker;

import com.fasterxml.jackson.databind.JsonNode;
import dev.secateur.event.EventJson;
import dev.secateur.event.ModelRegistered;
import dev.secateur.plan.Plan;
import dev.secateur.result.Engine;
import dev.secateur.store.Digests;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoredObject;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * A job's identity: equal for records that ask for the same work on the same bytes. SHA-256,
 * lower-case hexadecimal.
 *
 * <p>Objects count by what the store says identifies their bytes (size and entity tag) and by the
 * digest that the event demands, so that a key is known before a byte is downloaded. The model's
 * name, version and output count too: two versions that share bytes are two jobs, since each has a
 * result to be waited for.
 */
public record JobKey(String value) {
  /** Starts every key's input; a change of the recipe below changes it. */
  private static final String FORMAT = "secateur-job-1";

  public static JobKey of(
      ModelRegistered event, StoredInputs inputs, Plan plan, ObjectUri output, String replay) {
    StringBuilder text = new StringBuilder(FORMAT).append('\n');
    text.append(event.model().resolvedName()).append('\n');
    text.append(event.model().resolvedVersion()).append('\n');
    text.append(output).append('\n');
    inputs.sources().forEach((role, source) -> text.append(line(role, source)));
    text.append(Digests.sha256(plan.canonical())).append('\n');
    text.append(Engine.VERSION).append('\n').append(replay);
    return digest(text.toString());
  }

  /**
   * Of an event whose objects are not all there: as it stands, beside what the store said. What was
   * given up for the store's trouble counts as one answer, whatever words the trouble had.
   */
  public static JobKey ofRefused(JsonNode event, Failure failure, String replay) {
    String asked = Digests.sha256(EventJson.canonical(event));
    String answer = failure.retried() ? failure.code() : failure.message();
    return digest(String.join("\n", FORMAT, "refused", asked, answer, replay));
  }

  private static String line(StoredInputs.Role role, StoredInputs.Input input) {
    StoredObject object = input.object();
    Optional<String> sha256 = input.sha256();
    return String.join(" ", role.label(), sha256.orElse("-"), object.etag())
        + " "
        + object.bytes()
        + "\n";
  }

  private static JobKey digest(String text) {
    return new JobKey(Digests.sha256(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** Enough of it for a path: twelve digits. */
  public String abbreviated() {
    return value.substring(0, 12);
  }

  @Override
  public String toString() {
    return value;
  }
}
