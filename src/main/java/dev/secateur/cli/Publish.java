package dev.secateur.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.dataset.SourceDigest;
import dev.secateur.event.EventType;
import dev.secateur.event.MalformedEventException;
import dev.secateur.event.ModelRegistered;
import dev.secateur.job.JobException;
import dev.secateur.plan.Plan;
import dev.secateur.result.FailureReason;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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

  @Spec CommandSpec spec;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "FILE|URI",
      description =
          "A Keras file or a SavedModel's directory, local, s3://bucket/key or"
              + " s3://bucket/prefix/.")
  Place model;

  @Option(
      names = "--architecture",
      paramLabel = "FILE|URI",
      description = ModelOptions.ARCHITECTURE)
  Optional<Place> architecture;

  @Option(
      names = "--train",
      paramLabel = "FILE|URI",
      description = "Samples; needed unless the plan trains nothing (--recipe instant).")
  Optional<Place> train;

  @Option(
      names = "--eval",
      paramLabel = "FILE|URI",
      description = "Samples; default: the training file's own test part.")
  Optional<Place> evaluation;

  @Option(
      names = "--representative-set",
      paramLabel = "FILE|URI",
      description = "Samples that calibrate integers; default: from the training set.")
  Optional<Place> representative;

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

  /**
   * An object that the event names, or a prefix of several, and the local file or folder that it is
   * to be uploaded from.
   */
  private record Source(ObjectUri uri, Optional<Path> file, Optional<String> sha256) {
    void describe(ObjectNode json) {
      json.put("uri", uri.toString());
      sha256.ifPresent(digest -> json.put("sha256", digest));
    }

    void upload(ObjectStore store) throws IOException {
      Path local = file.orElseThrow();
      if (!uri.isPrefix()) {
        upload(local, uri, store);
        return;
      }
      try (Stream<Path> all = Files.walk(local, FileVisitOption.FOLLOW_LINKS)) {
        for (Path each : (Iterable<Path>) all.filter(Files::isRegularFile).sorted()::iterator) {
          String name = local.relativize(each).toString().replace(File.separatorChar, '/');
          upload(each, uri.resolve(name), store);
        }
      }
    }

    private static void upload(Path file, ObjectUri to, ObjectStore store) throws IOException {
      long bytes = Files.size(file);
      if (store.stat(to).filter(o -> o.bytes() == bytes).isEmpty()) {
        store.upload(file, to);
      }
    }
  }

  @Override
  public Integer call() {
    try (LocalFiles files = new LocalFiles(servers.stores, spec.commandLine().getErr())) {
      return publish(files);
    }
  }

  private int publish(LocalFiles files) {
    ObjectNode data = ModelRegistered.data(plan.document());
    boolean trains = Plan.read(data).trains();
    List<Source> sources = new ArrayList<>();
    add(sources, files, "--model", model, modelsBucket).describe(data.putObject("model"));
    architecture.ifPresent(
        a ->
            add(sources, files, "--architecture", a, modelsBucket)
                .describe(data.withObject("/model/architecture")));
    ObjectNode sets = data.withObject("/datasets");
    train.ifPresent(
        t -> add(sources, files, "--train", t, datasetsBucket).describe(sets.putObject("train")));
    evaluation.ifPresent(
        e ->
            add(sources, files, "--eval", e, datasetsBucket)
                .describe(sets.putObject("evaluation")));
    representative.ifPresent(
        r ->
            add(sources, files, "--representative-set", r, datasetsBucket)
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

  private static Source add(
      List<Source> sources, LocalFiles files, String option, Place place, String bucket) {
    Source source = source(files, option, place, bucket);
    sources.add(source);
    return source;
  }

  private static Source source(LocalFiles files, String option, Place place, String bucket) {
    if (place.isStored()) {
      if (place.isPattern()) {
        throw new SettingsException(
            option
                + ": "
                + place
                + ": an event names no pattern (name a prefix, with a slash behind)");
      }
      return new Source(
          ServerOptions.uri(option, place.address()), Optional.empty(), Optional.empty());
    }
    Path file = files.set(option, place);
    if (!Files.exists(file)) {
      throw new SettingsException(option + ": " + file + ": is no file (check the path)");
    }
    try {
      // The digest in the key: the same file is uploaded to the same place, and never another.
      String sha256 = SourceDigest.of(file);
      boolean folder = Files.isDirectory(file);
      String name = file.toAbsolutePath().normalize().getFileName() + (folder ? "/" : "");
      String uri = "s3://" + bucket + "/" + sha256.substring(0, 12) + "/" + name;
      return new Source(
          ServerOptions.uri(option, uri),
          Optional.of(file),
          folder ? Optional.empty() : Optional.of(sha256));
    } catch (UncheckedIOException e) {
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
        source.upload(store);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
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
