package dev.secateur.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.CloudEvent;
import dev.secateur.event.EventType;
import dev.secateur.event.KafkaBinding;
import dev.secateur.event.MalformedEventException;
import dev.secateur.event.ModelRegistered;
import dev.secateur.job.FailureReason;
import dev.secateur.job.JobException;
import dev.secateur.job.PlanJson;
import dev.secateur.store.Digests;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.worker.DeadLetter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "publish",
    description = {
      "Registers a model: uploads what is a local file, publishes the event, prints its id."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class Publish implements Callable<Integer> {
  private static final String S3 = "s3://";

  @Spec CommandSpec spec;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "FILE|URI",
      description = "A Keras file, local or s3://bucket/key.")
  String model;

  @Option(names = "--train", required = true, paramLabel = "FILE|URI", description = "Samples.")
  String train;

  @Option(
      names = "--eval",
      paramLabel = "FILE|URI",
      description = "Samples; default: the training file's own test part.")
  Optional<String> evaluation;

  @Option(
      names = "--representative-set",
      paramLabel = "FILE|URI",
      description = "Samples that calibrate INT8; default: from the training set.")
  Optional<String> representative;

  @Option(names = "--name", paramLabel = "NAME", description = "Default: the file's name.")
  Optional<String> name;

  @Option(names = "--model-version", paramLabel = "VERSION", description = "Of the model.")
  Optional<String> version;

  @Option(names = "--output", paramLabel = "URI", description = "Where artifacts go.")
  Optional<String> output;

  @Option(
      names = "--models-bucket",
      defaultValue = "models",
      description = "Bucket that a local model is uploaded to; default ${DEFAULT-VALUE}.")
  String modelsBucket;

  @Option(
      names = "--datasets-bucket",
      defaultValue = "datasets",
      description = "Bucket that local samples are uploaded to; default ${DEFAULT-VALUE}.")
  String datasetsBucket;

  @Option(
      names = "--again",
      description =
          "Run the job even if the same one has a result, such as a failure that is mended.")
  boolean again;

  @Mixin PlanOptions plan;

  @Mixin ServerOptions servers;

  @Override
  public Integer call() {
    ObjectNode data = data();
    PlanJson.read(data);
    try (ObjectStore store = servers.openStore(Set.of(modelsBucket, datasetsBucket))) {
      ObjectNode modelJson = data.putObject("model");
      Path file = Path.of(model);
      modelJson.put(
          "name", name.orElseGet(() -> file.getFileName().toString().replaceAll("\\.[^.]*$", "")));
      version.ifPresent(v -> modelJson.put("version", v));
      source(store, modelJson, model, modelsBucket);
      ObjectNode sets = data.withObject("/datasets");
      source(store, sets.putObject("train"), train, datasetsBucket);
      evaluation.ifPresent(e -> source(store, sets.putObject("evaluation"), e, datasetsBucket));
      representative.ifPresent(
          r -> source(store, sets.withObject("/representative"), r, datasetsBucket));
    }
    output.ifPresent(o -> data.putObject("output").put("uri", o));
    String id = send(data);
    spec.commandLine().getOut().println(id);
    spec.commandLine().getOut().flush();
    return ExitCode.DONE;
  }

  /** The plan's options in the shape of an event. */
  private ObjectNode data() {
    ObjectNode document = plan.document();
    if (document.has("plan") || document.has("datasets") || document.has("model")) {
      return document;
    }
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    ObjectNode stages = data.putObject("plan");
    document
        .properties()
        .forEach(
            field -> {
              switch (field.getKey()) {
                case "pruning", "fineTuning", "quantization" ->
                    stages.set(field.getKey(), field.getValue());
                case "representative" ->
                    data.withObject("/datasets").set("representative", field.getValue());
                default -> data.set(field.getKey(), field.getValue());
              }
            });
    return data;
  }

  private void source(ObjectStore store, ObjectNode json, String place, String bucket) {
    if (place.startsWith(S3)) {
      json.put("uri", place);
      return;
    }
    Path file = Path.of(place);
    if (!Files.isRegularFile(file)) {
      throw new JobException(FailureReason.DATASET_INVALID, file + ": is no file (check the path)");
    }
    try {
      String sha256 = Digests.sha256(file);
      // The digest in the key: the same file is uploaded to the same place, and never another.
      ObjectUri uri = new ObjectUri(bucket, sha256.substring(0, 12) + "/" + file.getFileName());
      if (store.stat(uri).filter(o -> o.bytes() == file.toFile().length()).isEmpty()) {
        store.upload(file, uri);
      }
      json.put("uri", uri.toString()).put("sha256", sha256);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String send(ObjectNode data) {
    ModelRegistered registered = checked(data);
    CloudEvent event =
        new CloudEvent(
            UUID.randomUUID().toString(),
            "/secateur/publish",
            EventType.REGISTERED,
            Optional.of(registered.model().resolvedName()),
            Optional.of(Instant.now()),
            Optional.ofNullable(System.getenv("TRACEPARENT")),
            data);
    KafkaBinding.Encoded encoded = KafkaBinding.binary(event);
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(
            ServerOptions.registered(),
            registered.model().resolvedName().getBytes(StandardCharsets.UTF_8),
            encoded.value());
    encoded.headers().forEach(record.headers()::add);
    if (again) {
      record.headers().add(DeadLetter.REPLAY, event.id().getBytes(StandardCharsets.UTF_8));
    }
    try (KafkaProducer<byte[], byte[]> producer = servers.openProducer()) {
      producer.send(record).get();
      return event.id();
    } catch (ExecutionException e) {
      throw new IllegalStateException(
          servers.kafka + ": the event was not taken: " + e.getCause().getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** What a worker would refuse is not sent. */
  private static ModelRegistered checked(ObjectNode data) {
    try {
      return ModelRegistered.read(data);
    } catch (MalformedEventException e) {
      throw new JobException(FailureReason.PLAN_INVALID, e.getMessage(), e);
    }
  }
}
