package dev.secateur.event;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;

/**
 * What the data of {@code model.registered.v1} says about objects: a Keras CNN is there to be
 * compressed. What to do to it (preprocessing, plan, acceptance) is the engine's to read.
 *
 * @param tenant empty: the model's name
 * @param priority 0 to 9, 9 first; empty: 4
 */
public record ModelRegistered(
    Model model,
    Datasets datasets,
    Optional<Output> output,
    Optional<String> tenant,
    Optional<Integer> priority) {
  private static final int LONGEST_NAME = 128;

  /**
   * @param name empty: the file's name without its extension
   * @param version empty: "unversioned"
   * @param architecture of a model whose file holds its weights alone
   */
  public record Model(
      Optional<String> name,
      Optional<String> version,
      String uri,
      Optional<String> sha256,
      Optional<Source> architecture) {

    /** The name that paths and keys are made with; a file's is held to the same pattern. */
    public String resolvedName() {
      return name.orElseGet(() -> nameOf(uri.substring(uri.lastIndexOf('/') + 1)));
    }

    private static String nameOf(String file) {
      int dot = file.lastIndexOf('.');
      String stem =
          (dot > 0 ? file.substring(0, dot) : file)
              .replaceAll("[^A-Za-z0-9._-]", "-")
              .replaceFirst("^[._-]+", "");
      return stem.isEmpty() ? "model" : stem.substring(0, Math.min(LONGEST_NAME, stem.length()));
    }

    public String resolvedVersion() {
      return version.orElse("unversioned");
    }
  }

  /**
   * The sets that a job needs.
   *
   * @param train empty where the plan trains nothing
   * @param evaluation empty: the training file's own test part
   * @param representative without an address, training samples calibrate, else those of evaluation
   */
  public record Datasets(
      Optional<Source> train,
      Optional<Source> evaluation,
      Optional<Representative> representative) {}

  /** An object, and the digest that it must have. */
  public record Source(String uri, Optional<String> sha256) {}

  /** Samples that calibrate activation ranges. */
  public record Representative(Optional<String> uri, Optional<String> sha256) {
    public Optional<Source> source() {
      return uri.map(address -> new Source(address, sha256));
    }
  }

  /** Where artifacts go. */
  public record Output(String uri) {}

  /**
   * Reads data that may come from anyone.
   *
   * @throws MalformedEventException naming each place that the schema refuses
   */
  public static ModelRegistered read(JsonNode data) throws MalformedEventException {
    List<String> violations = EventSchemas.violations(EventType.REGISTERED, data);
    if (!violations.isEmpty()) {
      throw invalid(String.join("; ", violations));
    }
    try {
      return EventJson.fromTree(data, ModelRegistered.class);
    } catch (JsonProcessingException e) {
      throw invalid(e.getOriginalMessage());
    }
  }

  /**
   * Training needs a set of its own; all else can do with any samples of what the model will see.
   *
   * @param trains whether the event's plan does
   */
  public void requireSamples(boolean trains) throws MalformedEventException {
    if (datasets.train().isPresent()) {
      return;
    }
    if (trains) {
      throw invalid(
          "/datasets/train: is required, since the plan trains (with 0 epochs, as in the recipe"
              + " instant, it does not)");
    }
    if (datasets
        .evaluation()
        .or(() -> datasets.representative().flatMap(Representative::source))
        .isEmpty()) {
      throw invalid("/datasets: needs train, evaluation, or representative with a uri");
    }
  }

  /**
   * A plan's document in the shape of an event: one that has parts of an event already is one, any
   * other is its plan, beside which an event has preprocessing, acceptance and samples.
   */
  public static ObjectNode data(ObjectNode document) {
    if (document.has("plan") || document.has("datasets") || document.has("model")) {
      return document;
    }
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    ObjectNode plan = data.putObject("plan");
    document
        .properties()
        .forEach(
            field -> {
              switch (field.getKey()) {
                case "preprocessing", "acceptance" -> data.set(field.getKey(), field.getValue());
                case "representative" ->
                    data.withObject("/datasets").set("representative", field.getValue());
                default -> plan.set(field.getKey(), field.getValue());
              }
            });
    return data;
  }

  private static MalformedEventException invalid(String message) {
    return new MalformedEventException(MalformedEventException.Reason.INVALID_DATA, message);
  }
}
