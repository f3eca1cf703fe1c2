package dev.secateur.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.CloudEvent;
import dev.secateur.event.MalformedEventException;
import dev.secateur.event.ModelRegistered;
import dev.secateur.ledger.Order;
import dev.secateur.plan.Plan;
import dev.secateur.plan.PlanException;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoredObject;
import dev.secateur.worker.StoredInputs.Role;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * The job that an order asks for, as it was resolved when its event was taken in: whatever becomes
 * of the defaults, the objects and the workers' version, this is what is run and answered.
 *
 * @param asked what is answered
 * @param trial where it is one of a search
 */
public record OrderedJob(
    Asked asked,
    Plan plan,
    StoredInputs inputs,
    ObjectUri output,
    JobKey key,
    Optional<TrialOf> trial) {

  /**
   * A registered event.
   *
   * @param data as it was meant
   */
  public record Asked(
      String source,
      String id,
      Optional<String> traceparent,
      ObjectNode data,
      ModelRegistered registered) {

    public static Asked of(CloudEvent event) throws MalformedEventException {
      return new Asked(
          event.source(),
          event.id(),
          event.traceparent(),
          event.data(),
          ModelRegistered.read(event.data()));
    }

    public String model() {
      return registered.model().resolvedName();
    }

    public String version() {
      return registered.model().resolvedVersion();
    }
  }

  /** For {@link Order#resolved}. */
  public ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("source", asked.source()).put("id", asked.id());
    asked.traceparent().ifPresent(parent -> json.put("traceparent", parent));
    json.set("data", asked.data());
    json.set("plan", plan.document());
    ObjectNode objects = json.putObject("inputs");
    inputs
        .sources()
        .forEach(
            (role, input) -> {
              StoredObject object = input.object();
              ObjectNode one = objects.putObject(role.label());
              one.put("uri", object.uri().toString());
              one.put("bytes", object.bytes()).put("etag", object.etag());
              input.sha256().ifPresent(digest -> one.put("sha256", digest));
            });
    json.put("output", output.toString()).put("key", key.value());
    if (plan.search().isPresent() || plan.heldOut().isPresent()) {
      json.put("format", 3);
    } else if (isNew()) {
      json.put("format", 2);
    }
    return json;
  }

  /** Whether workers from before versions, prefixes and jobs without training would misread it. */
  private boolean isNew() {
    return !inputs.sources().containsKey(Role.TRAIN)
        || inputs.sources().containsKey(Role.ARCHITECTURE)
        || !plan.replace().isEmpty()
        || inputs.sources().values().stream()
            .map(input -> input.object().uri())
            .anyMatch(uri -> uri.isPrefix() || uri.version().isPresent());
  }

  /**
   * @throws IllegalArgumentException if this version cannot read what another resolved
   */
  public static OrderedJob of(Order order) {
    ObjectNode json = order.resolved();
    try {
      ObjectNode data = (ObjectNode) json.get("data");
      Asked asked =
          new Asked(
              json.path("source").asText(),
              json.path("id").asText(),
              Optional.ofNullable(json.get("traceparent")).map(JsonNode::asText),
              data,
              ModelRegistered.read(data));
      return new OrderedJob(
          asked,
          Plan.read(json.path("plan")),
          inputs(json.path("inputs")),
          ObjectUri.of(json.path("output").asText()),
          new JobKey(json.path("key").asText()),
          TrialOf.in(order));
    } catch (MalformedEventException | PlanException | ClassCastException e) {
      throw new IllegalArgumentException(
          "order " + order.id() + ": was taken in by version " + order.engine() + ", and: " + e, e);
    }
  }

  private static StoredInputs inputs(JsonNode objects) {
    Map<Role, StoredInputs.Input> sources = new EnumMap<>(Role.class);
    for (Role role : Role.values()) {
      JsonNode one = objects.path(role.label());
      if (one.isObject()) {
        StoredObject object =
            new StoredObject(
                ObjectUri.of(one.path("uri").asText()),
                one.path("bytes").asLong(),
                one.path("etag").asText(),
                Duration.ZERO);
        Optional<String> sha256 = Optional.ofNullable(one.get("sha256")).map(JsonNode::asText);
        sources.put(role, new StoredInputs.Input(object, sha256));
      }
    }
    return new StoredInputs(sources);
  }
}
