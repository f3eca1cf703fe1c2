package dev.secateur.bridge;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A version of a registered model, as MLflow tells it.
 *
 * @param run that made it
 */
record ModelVersion(String name, String version, Optional<String> run, Map<String, String> tags) {
  ModelVersion {
    tags = Map.copyOf(tags);
  }

  static ModelVersion of(JsonNode json) {
    return new ModelVersion(
        json.path("name").asText(),
        json.path("version").asText(),
        Optional.of(json.path("run_id").asText()).filter(id -> !id.isEmpty()),
        tags(json));
  }

  static Map<String, String> tags(JsonNode entity) {
    Map<String, String> tags = new LinkedHashMap<>();
    entity
        .path("tags")
        .forEach(tag -> tags.put(tag.path("key").asText(), tag.path("value").asText()));
    return tags;
  }

  Optional<String> tag(String key) {
    return Optional.ofNullable(tags.get(key));
  }

  @Override
  public String toString() {
    return "models:/" + name + "/" + version;
  }
}
