package dev.secateur.bridge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.bridge.MlflowException.Kind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * MLflow's registered models and their versions. A name goes into fields of its own alone, never
 * into a filter, whose language has no safe way to quote it.
 */
final class Registry {
  private static final int PAGE = 200;

  /** MLflow's own bound is 5000 in 2.x, more in 3.x. */
  private static final int LONGEST_TAG = 4900;

  private final MlflowClient mlflow;

  Registry(MlflowClient mlflow) {
    this.mlflow = mlflow;
  }

  /** All versions with a tag that has another value than {@code false}. */
  List<ModelVersion> compressible() {
    return search("tags.`" + Tags.COMPRESS + "` != 'false'");
  }

  /** The version that was made for an order, if there is one. */
  Optional<ModelVersion> madeFor(String name, String order) {
    return search("tags.`" + Tags.ORDER + "` = '" + order + "'").stream()
        .filter(version -> version.name().equals(name))
        .findFirst();
  }

  private List<ModelVersion> search(String filter) {
    List<ModelVersion> all = new ArrayList<>();
    Map<String, String> query = new HashMap<>();
    query.put("filter", filter);
    query.put("max_results", String.valueOf(PAGE));
    String token;
    do {
      JsonNode page = mlflow.get("model-versions/search", query);
      page.path("model_versions").forEach(version -> all.add(ModelVersion.of(version)));
      token = page.path("next_page_token").asText();
      query.put("page_token", token);
    } while (!token.isEmpty());
    return all;
  }

  Optional<ModelVersion> version(String name, String version) {
    return ifThere(() -> mlflow.get("model-versions/get", Map.of("name", name, "version", version)))
        .map(found -> ModelVersion.of(found.path("model_version")));
  }

  /** Tags of the registered model itself. */
  Map<String, String> tags(String name) {
    return ModelVersion.tags(
        mlflow.get("registered-models/get", Map.of("name", name)).path("registered_model"));
  }

  /** Where a version's files are. */
  String location(ModelVersion version) {
    return mlflow
        .get(
            "model-versions/get-download-uri",
            Map.of("name", version.name(), "version", version.version()))
        .path("artifact_uri")
        .asText();
  }

  void tag(ModelVersion version, String key, String value) {
    mlflow.post("model-versions/set-tag", fields(version).put("key", key).put("value", cut(value)));
  }

  void untag(ModelVersion version, String key) {
    if (version.tag(key).isPresent()) {
      mlflow.delete("model-versions/delete-tag", fields(version).put("key", key));
    }
  }

  private static ObjectNode fields(ModelVersion version) {
    return object().put("name", version.name()).put("version", version.version());
  }

  /** Registers a model unless it is there. */
  void create(String name, String description) {
    try {
      mlflow.post(
          "registered-models/create", object().put("name", name).put("description", description));
    } catch (MlflowException e) {
      if (e.kind() != Kind.EXISTS) {
        throw e;
      }
    }
  }

  ModelVersion create(
      String name,
      String source,
      Optional<String> loggedModel,
      String run,
      String description,
      Map<String, String> tags) {
    ObjectNode body =
        object()
            .put("name", name)
            .put("source", source)
            .put("run_id", run)
            .put("description", description);
    loggedModel.ifPresent(id -> body.put("model_id", id));
    body.set("tags", pairs(tags));
    return ModelVersion.of(mlflow.post("model-versions/create", body).path("model_version"));
  }

  /** Points an alias at a version, unless it points at a later one. */
  void moveUp(String alias, ModelVersion version) {
    Optional<Long> now =
        Optional.of(
                mlflow
                    .get("registered-models/get", Map.of("name", version.name()))
                    .path("registered_model")
                    .path("aliases"))
            .flatMap(aliases -> number(aliases, alias));
    if (now.isEmpty() || now.get() < Long.parseLong(version.version())) {
      mlflow.post("registered-models/alias", fields(version).put("alias", alias));
    }
  }

  private static Optional<Long> number(JsonNode aliases, String alias) {
    for (JsonNode one : aliases) {
      if (one.path("alias").asText().equals(alias)) {
        return Optional.of(one.path("version").asLong());
      }
    }
    return Optional.empty();
  }

  private static Optional<JsonNode> ifThere(java.util.function.Supplier<JsonNode> request) {
    try {
      return Optional.of(request.get());
    } catch (MlflowException e) {
      if (e.kind() == Kind.MISSING) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Tags, and the like, as MLflow's requests list them. */
  static ArrayNode pairs(Map<String, String> values) {
    ArrayNode pairs = JsonNodeFactory.instance.arrayNode();
    new LinkedHashMap<>(values)
        .forEach((key, value) -> pairs.addObject().put("key", key).put("value", cut(value)));
    return pairs;
  }

  static String cut(String value) {
    return value.length() <= LONGEST_TAG ? value : value.substring(0, LONGEST_TAG) + "…";
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }
}
