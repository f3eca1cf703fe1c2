package dev.secateur.bridge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.bridge.MlflowException.Kind;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoreException;
import dev.secateur.store.StoredObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Writes an answer into MLflow: a run below the one that made the model, with the plan, the
 * measures and the report; the TFLite files as a logged model; a version of {@code <name>-int8}, or
 * whatever the scheme is; and what became of it, in tags of the version that was asked for.
 *
 * <p>All of it may be done again after it broke off anywhere: what is made is found by the order
 * that it was made for, and the status is set last. Of what the bridge did not make it touches
 * nothing but tags of its own.
 */
final class WriteBack {
  private static final Logger LOG = Logger.getLogger(WriteBack.class);
  private static final String ACCEPTED = "accepted";

  /** MLflow's own bound on a request. */
  private static final int PARAMETERS = 100;

  private static final int METRICS = 500;

  /** MLflow 2 takes no longer ones. */
  private static final int LONGEST_PARAMETER = 500;

  /** A result's own files; a model is smaller than what it was made of. */
  private static final long LARGEST_FILE = 4L << 30;

  private static final List<String> REPORTS = List.of("report.html", "report.json");

  private static final Map<String, String> TYPES =
      Map.of("html", "text/html", "json", "application/json");

  private final MlflowClient mlflow;
  private final Registry registry;
  private final ObjectStore store;
  private final String experiment;
  private final Path directory;

  /**
   * @param experiment of runs whose model version names none
   * @param directory for files that are on their way
   */
  WriteBack(
      MlflowClient mlflow,
      Registry registry,
      ObjectStore store,
      String experiment,
      Path directory) {
    this.mlflow = mlflow;
    this.registry = registry;
    this.store = store;
    this.experiment = experiment;
    this.directory = directory;
  }

  /** A run: where it is and where its files go. */
  private record Run(String id, String experiment, String artifacts) {
    static Run of(JsonNode run) {
      JsonNode info = run.path("info");
      return new Run(
          info.path("run_id").asText(),
          info.path("experiment_id").asText(),
          info.path("artifact_uri").asText());
    }
  }

  /**
   * @return whether it was written; an answer to what is no longer asked is not
   */
  boolean write(Answer answer) {
    VersionEvent asked = answer.asked();
    Optional<ModelVersion> version =
        registry
            .version(asked.name(), asked.version())
            .filter(v -> v.tag(Tags.EVENT).equals(Optional.of(asked.id())));
    if (version.isEmpty()) {
      LOG.infof("%s: answered, but no longer asked", asked.id());
      return false;
    }
    ModelVersion source = version.get();
    if (answer.isFailure()) {
      registry.tag(source, Tags.REASON, answer.reason());
      registry.tag(source, Tags.OUTCOME, answer.outcome());
      registry.tag(source, Tags.STATUS, "failed");
      return true;
    }
    Variants variants = new Variants(answer.event().data());
    Run run = run(source, answer, variants);
    Optional<ModelVersion> made = made(source, answer, variants, run);
    finish(run);
    if (answer.outcome().equals(ACCEPTED)) {
      made.ifPresent(m -> registry.moveUp(ACCEPTED, m));
    }
    made.ifPresent(m -> registry.tag(source, Tags.INT8, m.toString()));
    registry.tag(source, Tags.SUMMARY, variants.summary());
    registry.tag(source, Tags.REASON, answer.reason());
    registry.tag(source, Tags.OUTCOME, answer.outcome());
    registry.tag(source, Tags.STATUS, "done");
    return true;
  }

  private Run run(ModelVersion source, Answer answer, Variants variants) {
    Optional<Run> parent = source.run().flatMap(this::found);
    String where = parent.map(Run::experiment).orElseGet(this::experiment);
    String order = answer.asked().order();
    Run run = runFor(order, where).orElseGet(() -> start(source, answer, variants, parent, where));
    log(run, answer, variants);
    for (String report : REPORTS) {
      artifact(answer, report).ifPresent(file -> upload(file, run.artifacts(), report));
    }
    return run;
  }

  private Optional<Run> found(String id) {
    try {
      JsonNode run = mlflow.get("runs/get", Map.of("run_id", id)).path("run");
      return run.at("/info/lifecycle_stage").asText().equals("deleted")
          ? Optional.empty()
          : Optional.of(Run.of(run));
    } catch (MlflowException e) {
      if (e.kind() == Kind.MISSING) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private String experiment() {
    try {
      return mlflow
          .get("experiments/get-by-name", Map.of("experiment_name", experiment))
          .at("/experiment/experiment_id")
          .asText();
    } catch (MlflowException e) {
      if (e.kind() != Kind.MISSING) {
        throw e;
      }
    }
    return mlflow
        .post("experiments/create", object().put("name", experiment))
        .path("experiment_id")
        .asText();
  }

  private Optional<Run> runFor(String order, String experiment) {
    ObjectNode search = madeFor(order, experiment);
    JsonNode runs = mlflow.post("runs/search", search).path("runs");
    return runs.isEmpty() ? Optional.empty() : Optional.of(Run.of(runs.path(0)));
  }

  private static ObjectNode madeFor(String order, String experiment) {
    ObjectNode search = object().put("filter", "tags.`" + Tags.ORDER + "` = '" + order + "'");
    search.putArray("experiment_ids").add(experiment);
    return search.put("max_results", 1);
  }

  private Run start(
      ModelVersion source,
      Answer answer,
      Variants variants,
      Optional<Run> parent,
      String experiment) {
    Map<String, String> tags = new LinkedHashMap<>(made(source, answer));
    parent.ifPresent(p -> tags.put("mlflow.parentRunId", p.id()));
    tags.put("mlflow.source.name", "secateur");
    tags.put("mlflow.note.content", variants.table());
    ObjectNode body =
        object()
            .put("experiment_id", experiment)
            .put("run_name", "secateur " + source.name() + " " + source.version())
            .put("start_time", started(answer).toEpochMilli());
    body.set("tags", Registry.pairs(tags));
    return Run.of(mlflow.post("runs/create", body).path("run"));
  }

  /** What says whose work it is, on all that the bridge makes. */
  private static Map<String, String> made(ModelVersion source, Answer answer) {
    Map<String, String> tags = new LinkedHashMap<>();
    tags.put(Tags.ORDER, answer.asked().order());
    tags.put(Tags.SOURCE, source.toString());
    tags.put(Tags.OUTCOME, answer.outcome());
    return tags;
  }

  private static Instant started(Answer answer) {
    String started = answer.event().data().path("startedAt").asText();
    return started.isEmpty() ? ended(answer) : Instant.parse(started);
  }

  /** The event's own time, so that it is the same however often it is written. */
  private static Instant ended(Answer answer) {
    return answer.event().time().orElse(Instant.EPOCH);
  }

  private void log(Run run, Answer answer, Variants variants) {
    List<ObjectNode> parameters = new ArrayList<>();
    variants
        .parameters()
        .forEach(
            (key, value) ->
                parameters.add(
                    object()
                        .put("key", key)
                        .put(
                            "value",
                            value.substring(0, Math.min(value.length(), LONGEST_PARAMETER)))));
    long time = ended(answer).toEpochMilli();
    List<ObjectNode> metrics = new ArrayList<>();
    variants
        .metrics()
        .forEach(
            (key, value) ->
                metrics.add(
                    object()
                        .put("key", key)
                        .put("value", value)
                        .put("timestamp", time)
                        .put("step", 0)));
    batches(run, "params", parameters, PARAMETERS);
    batches(run, "metrics", metrics, METRICS);
  }

  private void batches(Run run, String field, List<ObjectNode> entries, int most) {
    for (int first = 0; first < entries.size(); first += most) {
      ObjectNode batch = object().put("run_id", run.id());
      entries
          .subList(first, Math.min(entries.size(), first + most))
          .forEach(batch.withArray("/" + field)::add);
      mlflow.post("runs/log-batch", batch);
    }
  }

  private void finish(Run run) {
    mlflow.post(
        "runs/update",
        object()
            .put("run_id", run.id())
            .put("status", "FINISHED")
            .put("end_time", Instant.now().toEpochMilli()));
  }

  /** The version of the compressed model; empty where nothing was converted. */
  private Optional<ModelVersion> made(
      ModelVersion source, Answer answer, Variants variants, Run run) {
    if (variants.compressed().isEmpty()) {
      return Optional.empty();
    }
    String scheme = variants.compressed().get().path("name").asText();
    String name = source.name() + "-" + scheme;
    String order = answer.asked().order();
    registry.create(
        name, "Compressed by Secateur; the alias " + ACCEPTED + " is the latest good one");
    return registry
        .madeFor(name, order)
        .or(
            () -> {
              Optional<String> logged = loggedModel(answer, run, scheme);
              String files = logged.map(id -> "models:/" + id).orElseGet(() -> inRun(answer, run));
              return Optional.of(
                  registry.create(
                      name,
                      files,
                      logged,
                      run.id(),
                      description(answer, variants),
                      made(source, answer)));
            });
  }

  private static String description(Answer answer, Variants variants) {
    return answer.outcome() + ": " + answer.reason() + "\n\n" + variants.table();
  }

  /**
   * The TFLite files as a model of its own; empty where MLflow knows no logged models yet (2.x).
   */
  private Optional<String> loggedModel(Answer answer, Run run, String name) {
    JsonNode model;
    try {
      model =
          mlflow
              .post("logged-models/search", madeFor(answer.asked().order(), run.experiment()))
              .path("models")
              .path(0);
      if (model.isMissingNode()) {
        ObjectNode body =
            object()
                .put("experiment_id", run.experiment())
                .put("name", name)
                .put("model_type", "tflite")
                .put("source_run_id", run.id());
        body.set("tags", Registry.pairs(new HashMap<>(Map.of(Tags.ORDER, answer.asked().order()))));
        model = mlflow.post("logged-models", body).path("model");
      }
    } catch (MlflowException e) {
      if (e.kind() == Kind.MISSING) {
        return Optional.empty();
      }
      throw e;
    }
    String id = model.at("/info/model_id").asText();
    uploadModels(answer, model.at("/info/artifact_uri").asText());
    mlflow.patch(
        "logged-models/" + id, object().put("model_id", id).put("status", "LOGGED_MODEL_READY"));
    return Optional.of(id);
  }

  private String inRun(Answer answer, Run run) {
    String files = run.artifacts() + "/int8";
    uploadModels(answer, files);
    return files;
  }

  private void uploadModels(Answer answer, String location) {
    for (var artifact : answer.event().data().path("artifacts").properties()) {
      if (artifact.getKey().endsWith(".tflite")) {
        artifact(answer, artifact.getKey())
            .ifPresent(file -> upload(file, location, artifact.getKey()));
      }
    }
  }

  /** A file of the result's, and the digest that it has by the event. */
  private record Artifact(ObjectUri uri, String sha256) {}

  private static Optional<Artifact> artifact(Answer answer, String name) {
    JsonNode artifact = answer.event().data().path("artifacts").path(name);
    return artifact.isMissingNode()
        ? Optional.empty()
        : Optional.of(
            new Artifact(
                ObjectUri.of(artifact.path("uri").asText()), artifact.path("sha256").asText()));
  }

  private void upload(Artifact artifact, String location, String name) {
    Path file = directory.resolve("artifact");
    try {
      StoredObject object =
          store
              .stat(artifact.uri())
              .orElseThrow(
                  () ->
                      new StoreException(
                          StoreException.Kind.NOT_FOUND, artifact.uri() + ": is no longer there"));
      store.download(object, Optional.of(artifact.sha256()), LARGEST_FILE, file);
      Place place = Place.of("artifact location", location, Optional.empty());
      if (place instanceof Place.Proxied proxied) {
        String type = name.substring(name.lastIndexOf('.') + 1);
        mlflow.upload(
            proxied.path() + "/" + name,
            file,
            TYPES.getOrDefault(type, "application/octet-stream"));
      } else {
        store.upload(file, ((Place.Stored) place).uri().resolve(name));
      }
    } catch (Refusal e) {
      throw new MlflowException(Kind.REFUSED, e.getMessage(), e);
    } finally {
      delete(file);
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }
}
