package dev.secateur.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.EventType;
import dev.secateur.event.MalformedEventException;
import dev.secateur.event.ModelRegistered;
import dev.secateur.job.JobException;
import dev.secateur.plan.Plan;
import dev.secateur.result.FailureReason;
import dev.secateur.store.Digests;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
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

  @Option(
      names = "--architecture",
      paramLabel = "FILE|URI",
      description = ModelOptions.ARCHITECTURE)
  Optional<String> architecture;

  @Option(
      names = "--train",
      paramLabel = "FILE|URI",
      description = "Samples; needed unless the plan trains nothing (--recipe instant).")
  Optional<String> train;

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

  /** An object that the event names, and the local file that it is to be uploaded from. */
  private record Source(ObjectUri uri, Optional<Path> file, Optional<String> sha256) {
    void describe(ObjectNode json) {
      json.put("uri", uri.toString());
      sha256.ifPresent(digest -> json.put("sha256", digest));
    }
  }

  @Override
  public Integer call() {
    ObjectNode data = ModelRegistered.data(plan.document());
    boolean trains = Plan.read(data).trains();
    List<Source> sources = new ArrayList<>();
    add(sources, "--model", model, modelsBucket).describe(data.putObject("model"));
    architecture.ifPresent(
        a ->
            add(sources, "--architecture", a, modelsBucket)
                .describe(data.withObject("/model/architecture")));
    ObjectNode sets = data.withObject("/datasets");
    train.ifPresent(
        t -> add(sources, "--train", t, datasetsBucket).describe(sets.putObject("train")));
    evaluation.ifPresent(
        e -> add(sources, "--eval", e, datasetsBucket).describe(sets.putObject("evaluation")));
    representative.ifPresent(
        r ->
            add(sources, "--representative-set", r, datasetsBucket)
                .describe(sets.withObject("/representative")));
    name.ifPresent(n -> data.withObject("/model").put("name", n));
    version.ifPresent(v -> data.withObject("/model").put("version", v));
    output.ifPresent(
        o -> data.putObject("output").put("uri", ServerOptions.uri("--output", o).toString()));
    ModelRegistered registered = checked(data, trains);
    // As the worker would name it, so that whoever reads the event knows it too.
    data.withObject("/model").put("name", registered.model().resolvedName());
    checked(data, trains);
    upload(sources);
    String id =
        servers.send(
            EventType.REGISTERED,
            "/secateur/publish",
            registered.model().resolvedName(),
            data,
            again);
    spec.commandLine().getOut().println(id);
    spec.commandLine().getOut().flush();
    return ExitCode.DONE;
  }

  private static Source add(List<Source> sources, String option, String place, String bucket) {
    Source source = source(option, place, bucket);
    sources.add(source);
    return source;
  }

  private static Source source(String option, String place, String bucket) {
    if (place.startsWith(S3)) {
      return new Source(ServerOptions.uri(option, place), Optional.empty(), Optional.empty());
    }
    Path file = Path.of(place);
    if (!Files.isRegularFile(file)) {
      throw new SettingsException(option + ": " + file + ": is no file (check the path)");
    }
    try {
      String sha256 = Digests.sha256(file);
      // The digest in the key: the same file is uploaded to the same place, and never another.
      String uri = S3 + bucket + "/" + sha256.substring(0, 12) + "/" + file.getFileName();
      return new Source(ServerOptions.uri(option, uri), Optional.of(file), Optional.of(sha256));
    } catch (IOException e) {
      throw new SettingsException(option + ": " + file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private void upload(List<Source> sources) {
    List<Source> local = sources.stream().filter(source -> source.file().isPresent()).toList();
    if (local.isEmpty()) {
      return;
    }
    try (ObjectStore store =
        servers.openStore(local.stream().map(s -> s.uri().bucket()).collect(Collectors.toSet()))) {
      for (Source source : local) {
        Path file = source.file().get();
        long bytes = file.toFile().length();
        if (store.stat(source.uri()).filter(o -> o.bytes() == bytes).isEmpty()) {
          store.upload(file, source.uri());
        }
      }
    }
  }

  /** What a worker would refuse is not sent. */
  private static ModelRegistered checked(ObjectNode data, boolean trains) {
    try {
      ModelRegistered registered = ModelRegistered.read(data);
      registered.requireSamples(trains);
      return registered;
    } catch (MalformedEventException e) {
      throw new JobException(FailureReason.PLAN_INVALID, e.getMessage(), e);
    }
  }
}
