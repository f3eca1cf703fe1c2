package dev.secateur.event;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The data of {@code model.registered.v1}: a Keras CNN is there to be compressed.
 *
 * @param preprocessing what happens to a sample before the network sees it, empty for nothing
 * @param plan as asked for; what is left out has the engine's default
 * @param acceptance the limits that the result must meet
 */
public record ModelRegistered(
    Model model,
    Datasets datasets,
    ObjectNode preprocessing,
    ObjectNode plan,
    ObjectNode acceptance,
    Optional<Output> output) {

  /**
   * @param name empty: the file's name without its extension
   * @param version empty: {@value #UNVERSIONED}
   * @param inputShape of one sample, where the file leaves it open
   */
  public record Model(
      Optional<String> name,
      Optional<String> version,
      String uri,
      Optional<String> sha256,
      List<Integer> inputShape) {
    static final String UNVERSIONED = "unversioned";

    public Model {
      inputShape = inputShape == null ? List.of() : List.copyOf(inputShape);
    }

    /** The name that paths and keys are made with. */
    public String resolvedName() {
      String file = uri.substring(uri.lastIndexOf('/') + 1);
      int dot = file.lastIndexOf('.');
      return name.orElse((dot > 0 ? file.substring(0, dot) : file).replaceAll("[^A-Za-z0-9._-]", "-"));
    }

    public String resolvedVersion() {
      return version.orElse(UNVERSIONED);
    }
  }

  /** The sets a job needs; without a representative set of its own, training samples calibrate. */
  public record Datasets(Source train, Source evaluation, Optional<Representative> representative) {}

  /** An object, and the digest that it must have. */
  public record Source(String uri, Optional<String> sha256) {}

  /** Samples that calibrate activation ranges. */
  public record Representative(Optional<String> uri, Optional<String> sha256, OptionalInt samples) {}

  /** Where artifacts go. */
  public record Output(String uri) {}

  public ModelRegistered {
    preprocessing = orEmpty(preprocessing);
    plan = orEmpty(plan);
    acceptance = orEmpty(acceptance);
  }

  /**
   * Reads data that may come from anyone.
   *
   * @throws MalformedEventException naming each place that the schema refuses
   */
  public static ModelRegistered read(JsonNode data) throws MalformedEventException {
    List<String> violations = EventSchemas.violations(EventType.REGISTERED, data);
    if (!violations.isEmpty()) {
      throw new MalformedEventException(
          MalformedEventException.Reason.INVALID_DATA, String.join("; ", violations));
    }
    try {
      return EventJson.fromTree(data, ModelRegistered.class);
    } catch (JsonProcessingException e) {
      throw new MalformedEventException(
          MalformedEventException.Reason.INVALID_DATA, e.getOriginalMessage());
    }
  }

  private static ObjectNode orEmpty(ObjectNode node) {
    return node == null ? JsonNodeFactory.instance.objectNode() : node;
  }
}
