package dev.secateur.bridge;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.CloudEvent;
import dev.secateur.event.EventType;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** Makes a registered event of a tagged version. */
final class VersionEvents {
  private final MlflowClient mlflow;
  private final Registry registry;
  private final ModelFiles files;
  private final SetAddresses sets;

  VersionEvents(MlflowClient mlflow, Registry registry, ModelFiles files, SetAddresses sets) {
    this.mlflow = mlflow;
    this.registry = registry;
    this.files = files;
    this.sets = sets;
  }

  CloudEvent of(ModelVersion version, VersionEvent identity, Asked asked) throws Refusal {
    ObjectNode data = asked.data();
    if (!asked.namesSets() && !data.path("datasets").has("train") && version.run().isPresent()) {
      ObjectNode logged =
          RunSets.of(mlflow.get("runs/get", Map.of("run_id", version.run().get())).path("run"));
      logged
          .properties()
          .forEach(set -> data.withObject("/datasets").set(set.getKey(), set.getValue()));
    }
    ObjectNode model = data.putObject("model");
    String name = EventName.of(version.name());
    model.put("name", name).put("version", version.version());
    // So that all else is refused before files are copied.
    model.put("uri", "s3://unknown/yet");
    sets.require(data);
    model.put("uri", files.address(registry.location(version), identity.order()));
    sets.require(data);
    return new CloudEvent(
        identity.id(),
        VersionEvent.SOURCE,
        EventType.REGISTERED,
        Optional.of(name),
        Optional.of(Instant.now()),
        Optional.empty(),
        data);
  }
}
