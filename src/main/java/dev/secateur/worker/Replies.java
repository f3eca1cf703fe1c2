package dev.secateur.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.CloudEvent;
import dev.secateur.event.EventType;
import dev.secateur.event.ModelRegistered;
import dev.secateur.plan.Plan;
import dev.secateur.result.Engine;
import dev.secateur.result.JobResult;
import dev.secateur.result.Outcome;
import dev.secateur.store.ObjectUri;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * The events that answer one registered event. Their ids follow from the job's key, so that a
 * repeated answer is known as such.
 */
final class Replies {
  private final CloudEvent registered;
  private final ModelRegistered model;
  private final JobKey key;
  private final String worker;
  private long progressEvents;

  Replies(CloudEvent registered, ModelRegistered model, JobKey key, String worker) {
    this.registered = registered;
    this.model = model;
    this.key = key;
    this.worker = worker;
  }

  /** An artifact as it was stored. */
  record Artifact(ObjectUri uri, String sha256, long bytes) {}

  String version() {
    return model.model().resolvedVersion();
  }

  /** What all answers start with. */
  ObjectNode base(long epoch, int attempt) {
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.putObject("job")
        .put("key", key.value())
        .put("epoch", epoch)
        .put("attempt", attempt)
        .put("registeredId", registered.id());
    data.putObject("model")
        .put("name", model.model().resolvedName())
        .put("version", model.model().resolvedVersion())
        .put("uri", model.model().uri());
    data.putObject("worker").put("id", worker).put("version", Engine.VERSION);
    data.putObject("engine").put("version", Engine.VERSION);
    return data;
  }

  CloudEvent progressed(long epoch, ObjectNode data) {
    progressEvents++;
    return event(EventType.PROGRESSED, key + "-" + epoch + "-" + progressEvents, data);
  }

  CloudEvent completed(
      Claim claim,
      JobResult result,
      FetchedInputs inputs,
      JsonNode variants,
      Map<String, Artifact> artifacts,
      Instant started) {
    ObjectNode data = base(claim.epoch(), claim.attempts());
    ((ObjectNode) data.get("model")).put("sha256", inputs.modelSha256());
    data.set("datasets", inputs.datasets());
    data.set("plan", result.plan().document());
    data.put("outcome", result.outcome() == Outcome.ACCEPTED ? "accepted" : "rejected");
    data.put("reason", result.reason());
    data.set("variants", variants);
    ObjectNode files = data.putObject("artifacts");
    artifacts.forEach(
        (name, artifact) ->
            files
                .putObject(name)
                .put("uri", artifact.uri().toString())
                .put("sha256", artifact.sha256())
                .put("bytes", artifact.bytes()));
    data.putObject("report")
        .put("json", artifacts.get("report.json").uri().toString())
        .put("html", artifacts.get("report.html").uri().toString());
    data.put("startedAt", started.toString());
    data.put("seconds", (Instant.now().toEpochMilli() - started.toEpochMilli()) / 1e3);
    return event(EventType.COMPLETED, key + "-result", data);
  }

  CloudEvent failed(long epoch, int attempt, Failure failure, Optional<Plan> plan) {
    ObjectNode data = base(epoch, attempt);
    plan.ifPresent(p -> data.set("plan", p.document()));
    data.put("outcome", "failed");
    data.putObject("reason")
        .put("code", failure.code())
        .put("message", failure.message())
        .put("retried", failure.retried());
    return event(EventType.FAILED, key + "-result", data);
  }

  private CloudEvent event(EventType type, String id, ObjectNode data) {
    return new CloudEvent(
        id,
        "/secateur/worker",
        type,
        Optional.of(model.model().resolvedName() + "/" + model.model().resolvedVersion()),
        Optional.of(Instant.now()),
        registered.traceparent(),
        data);
  }
}
