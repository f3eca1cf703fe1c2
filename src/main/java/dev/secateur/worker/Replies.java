package dev.secateur.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.CloudEvent;
import dev.secateur.event.EventType;
import dev.secateur.plan.Plan;
import dev.secateur.result.Engine;
import dev.secateur.result.JobResult;
import dev.secateur.result.Outcome;
import dev.secateur.result.ResultJson;
import dev.secateur.result.Searched;
import dev.secateur.store.ObjectUri;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * The events that answer one registered event. Their ids follow from the order, so that a repeated
 * answer is known as such.
 */
public final class Replies {
  private final String order;
  private final String registeredId;
  private final Optional<String> traceparent;
  private final Model model;
  private final JobKey key;
  private final String worker;
  private final Optional<TrialOf> trial;
  private long progressEvents;

  /** The model as the event names it; what it does not say is empty. */
  public record Model(String name, String version, String uri) {
    /** As the schema bounds them: an answer must fit into its topic, whatever was asked. */
    private static final int LONGEST_NAME = 128;

    private static final int LONGEST_URI = 2048;

    /** Of data that may be anything. */
    public static Model of(JsonNode data) {
      JsonNode model = data.path("model");
      String uri = shortened(model.path("uri").asText(""), LONGEST_URI);
      String name = shortened(model.path("name").asText(""), LONGEST_NAME);
      String version = shortened(model.path("version").asText(""), LONGEST_NAME);
      return new Model(
          name.isEmpty() ? shortened(uri.substring(uri.lastIndexOf('/') + 1), LONGEST_NAME) : name,
          version.isEmpty() ? "unversioned" : version,
          uri);
    }

    private static String shortened(String text, int most) {
      return text.length() <= most ? text : text.substring(0, most);
    }
  }

  public Replies(
      String order,
      String registeredId,
      Optional<String> traceparent,
      Model model,
      JobKey key,
      String worker) {
    this(order, registeredId, traceparent, model, key, worker, Optional.empty());
  }

  /**
   * @param trial where the order is one of a search
   */
  private Replies(
      String order,
      String registeredId,
      Optional<String> traceparent,
      Model model,
      JobKey key,
      String worker,
      Optional<TrialOf> trial) {
    this.trial = trial;
    this.order = order;
    this.registeredId = registeredId;
    this.traceparent = traceparent;
    this.model = model;
    this.key = key;
    this.worker = worker;
  }

  public static Replies to(String order, OrderedJob.Asked asked, JobKey key, String worker) {
    Model model = new Model(asked.model(), asked.version(), asked.registered().model().uri());
    return new Replies(order, asked.id(), asked.traceparent(), model, key, worker);
  }

  /** Those of an order that is a search's trial say so. */
  public Replies of(Optional<TrialOf> which) {
    return new Replies(order, registeredId, traceparent, model, key, worker, which);
  }

  /** An artifact as it was stored. */
  public record Artifact(ObjectUri uri, String sha256, long bytes) {}

  public String model() {
    return model.name();
  }

  /** What all answers start with. */
  public ObjectNode base(long epoch, int attempt) {
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.putObject("job")
        .put("order", order)
        .put("key", key.value())
        .put("epoch", epoch)
        .put("attempt", attempt)
        .put("registeredId", registeredId);
    data.putObject("model")
        .put("name", model.name())
        .put("version", model.version())
        .put("uri", model.uri());
    data.putObject("worker").put("id", worker).put("version", Engine.VERSION);
    data.putObject("engine").put("version", Engine.VERSION);
    trial.ifPresent(
        t -> data.putObject("trial").put("search", t.search()).put("number", t.number()));
    return data;
  }

  public CloudEvent progressed(long epoch, ObjectNode data) {
    progressEvents++;
    return event(EventType.PROGRESSED, order + "-" + epoch + "-" + progressEvents, data);
  }

  public CloudEvent completed(
      long epoch,
      int attempt,
      JobResult result,
      String modelSha256,
      ObjectNode datasets,
      JsonNode variants,
      Map<String, Artifact> artifacts,
      Instant started) {
    ObjectNode data = base(epoch, attempt);
    ((ObjectNode) data.get("model")).put("sha256", modelSha256);
    data.set("datasets", datasets);
    data.set("plan", result.plan().document());
    data.put("outcome", result.outcome() == Outcome.ACCEPTED ? "accepted" : "rejected");
    data.put("reason", result.reason());
    data.set("variants", variants);
    result.channels().ifPresent(c -> data.set("channels", ResultJson.channels(c)));
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
    result.search().ifPresent(search -> data.set("search", summary(search)));
    data.put("startedAt", started.toString());
    data.put("seconds", (Instant.now().toEpochMilli() - started.toEpochMilli()) / 1e3);
    return event(EventType.COMPLETED, order + "-result", data);
  }

  /** What the report tells, but the trials one by one. */
  private static ObjectNode summary(Searched search) {
    ObjectNode json = ResultJson.search(search);
    json.put("trials", search.trials().size());
    return json;
  }

  /** What a search is told of one of its trials: never sent. */
  public CloudEvent trial(long epoch, int attempt, Outcome outcome, JsonNode trial) {
    ObjectNode data = base(epoch, attempt);
    data.put("outcome", outcome == Outcome.ACCEPTED ? "accepted" : "rejected");
    data.set("tried", trial);
    return event(EventType.COMPLETED, order + "-result", data);
  }

  public CloudEvent failed(long epoch, int attempt, Failure failure, Optional<Plan> plan) {
    ObjectNode data = base(epoch, attempt);
    plan.ifPresent(p -> data.set("plan", p.document()));
    data.put("outcome", "failed");
    data.putObject("reason")
        .put("code", failure.code())
        .put("message", failure.message())
        .put("retried", failure.retried());
    return event(EventType.FAILED, order + "-result", data);
  }

  private CloudEvent event(EventType type, String id, ObjectNode data) {
    return new CloudEvent(
        id,
        "/secateur/worker",
        type,
        Optional.of(model.name() + "/" + model.version()),
        Optional.of(Instant.now()),
        traceparent,
        data);
  }
}
