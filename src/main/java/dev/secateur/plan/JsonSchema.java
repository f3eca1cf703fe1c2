package dev.secateur.plan;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** One of the JSON Schemas (draft 2020-12) among the resources, and what it says of a document. */
public final class JsonSchema {
  private static final String BASE = "https://secateur.dev/schemas/";
  private static final SchemaRegistry REGISTRY =
      SchemaRegistry.withDefaultDialect(
          SpecificationVersion.DRAFT_2020_12,
          registry -> registry.schemas(iri -> text(iri.substring(BASE.length()))));

  private final Schema schema;

  private JsonSchema(Schema schema) {
    this.schema = schema;
  }

  /**
   * @param file such as {@code plan.v1.json}
   */
  public static JsonSchema of(String file) {
    return new JsonSchema(REGISTRY.getSchema(SchemaLocation.of(BASE + file)));
  }

  /** The schema as it stands in the jar. */
  public static String text(String file) {
    try (InputStream in = JsonSchema.class.getResourceAsStream("/schemas/" + file)) {
      if (in == null) {
        throw new IllegalArgumentException(file + ": is no schema of ours");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A place that the schema refuses.
   *
   * @param path JSON pointer, {@code /} for the whole document
   * @param demand what it must be
   */
  public record Violation(String path, String demand) {
    @Override
    public String toString() {
      return path + ": " + demand;
    }
  }

  /** One for each place, in the schema's order; where it allows alternatives, all are named. */
  public List<Violation> violations(JsonNode document) {
    Map<String, Set<String>> demands = new LinkedHashMap<>();
    List<Error> errors = schema.validate(document);
    Set<String> paths = errors.stream().map(JsonSchema::path).collect(Collectors.toSet());
    for (Error error : errors) {
      if (isOfAnotherAlternative(error, paths)) {
        continue;
      }
      demands.computeIfAbsent(path(error), p -> new LinkedHashSet<>()).add(demand(error));
    }
    List<Violation> violations = new ArrayList<>();
    demands.forEach((path, all) -> violations.add(new Violation(path, String.join(", or ", all))));
    return violations;
  }

  /** Where something is wrong inside, one of the alternatives takes the whole for what it is. */
  private static boolean isOfAnotherAlternative(Error error, Set<String> paths) {
    String inside = path(error) + "/";
    return error.getKeyword().equals("type")
        && paths.stream().anyMatch(path -> path.startsWith(inside));
  }

  private static String path(Error error) {
    String place = error.getInstanceLocation().toString();
    return switch (error.getKeyword()) {
      case "required", "additionalProperties" -> place + "/" + error.getProperty();
      default -> place.isEmpty() ? "/" : place;
    };
  }

  /** The schema's demand in words; the library's own for keywords that our schemas seldom use. */
  private static String demand(Error error) {
    JsonNode limit = error.getSchemaNode();
    return switch (error.getKeyword()) {
      case "required" -> "is required";
      case "additionalProperties" -> "is not known here (known are " + known(error) + ")";
      case "exclusiveMaximum" -> "must be below " + limit.asText();
      case "exclusiveMinimum" -> "must be above " + limit.asText();
      case "maximum" -> "must be at most " + limit.asText();
      case "minimum" -> "must be at least " + limit.asText();
      case "maxLength" -> "must have at most " + limit.asText() + " characters";
      case "pattern" -> "must match " + limit.asText();
      case "type" -> "must be of type " + names(limit) + ", not " + kind(error.getInstanceNode());
      case "enum" -> "must be one of " + names(limit);
      case "const" -> "must be " + limit.asText();
      default -> error.getMessage();
    };
  }

  /** The properties that stand beside the keyword in its schema. */
  private static String known(Error error) {
    SchemaLocation keyword = error.getSchemaLocation();
    String place = keyword.getFragment().toString();
    JsonNode object =
        REGISTRY
            .getSchema(SchemaLocation.of(keyword.getAbsoluteIri().toString()))
            .getSchemaNode()
            .at(place.substring(0, place.lastIndexOf('/')));
    List<String> names = new ArrayList<>();
    object.path("properties").fieldNames().forEachRemaining(names::add);
    return String.join(", ", names);
  }

  private static String names(JsonNode names) {
    return names.isArray()
        ? String.join(", ", names.valueStream().map(JsonNode::asText).toList())
        : names.asText();
  }

  private static String kind(JsonNode node) {
    return switch (node.getNodeType()) {
      case STRING -> "string";
      case NUMBER -> node.isIntegralNumber() ? "integer" : "number";
      case BOOLEAN -> "boolean";
      case ARRAY -> "array";
      case OBJECT -> "object";
      default -> "null";
    };
  }
}
