package dev.secateur.worker;

import com.fasterxml.jackson.databind.JsonNode;
import dev.secateur.deploy.Yaml;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** What {@code docs/asyncapi.yaml} promises. */
final class AsyncApi {
  private static final JsonNode DOCUMENT = Yaml.read(Path.of("docs/asyncapi.yaml"));

  private AsyncApi() {}

  /** Where a channel is. */
  static String address(String channel) {
    return DOCUMENT.at("/channels/" + channel + "/address").asText();
  }

  /** Headers that each record of a message has, by the message's name. */
  static Set<String> requiredHeaders(String name) {
    JsonNode message =
        stream(DOCUMENT.at("/components/messages"))
            .filter(m -> m.path("name").asText().equals(name))
            .findAny()
            .orElseThrow(() -> new AssertionError(name + ": not in docs/asyncapi.yaml"));
    Set<String> required = new TreeSet<>();
    collect(message.path("headers"), required);
    return required;
  }

  private static void collect(JsonNode schema, Set<String> required) {
    schema.path("required").forEach(header -> required.add(header.asText()));
    schema.path("allOf").forEach(part -> collect(part, required));
    if (schema.has("$ref")) {
      collect(DOCUMENT.at(schema.get("$ref").asText().substring(1)), required);
    }
  }

  private static Stream<JsonNode> stream(JsonNode parent) {
    return StreamSupport.stream(parent.spliterator(), false);
  }
}
