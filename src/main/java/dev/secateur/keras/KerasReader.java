package dev.secateur.keras;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.graph.Graph;
import dev.secateur.graph.GraphException;
import dev.secateur.keras.architecture.ArchitectureFile;
import dev.secateur.keras.architecture.ArchitectureLowering;
import dev.secateur.keras.architecture.ArchitectureParser;
import dev.secateur.keras.architecture.ChannelsLast;
import dev.secateur.keras.architecture.KerasArchitecture;
import dev.secateur.keras.checkpoint.Checkpoint;
import dev.secateur.keras.checkpoint.SavedMetadata;
import dev.secateur.keras.file.CheckpointFiles;
import dev.secateur.keras.file.FileKind;
import dev.secateur.keras.file.Hdf5;
import dev.secateur.keras.file.Hdf5.DatasetAt;
import dev.secateur.keras.file.Hdf5.GroupAt;
import dev.secateur.keras.file.KerasFormat;
import dev.secateur.keras.file.KerasZip;
import dev.secateur.keras.file.SavedModelFiles;
import dev.secateur.keras.layer.Dialect;
import dev.secateur.keras.refusal.Kind;
import dev.secateur.keras.refusal.Reason;
import dev.secateur.keras.refusal.Reasons;
import dev.secateur.keras.refusal.Refusal;
import dev.secateur.keras.spec.Json;
import dev.secateur.keras.spec.ModelSpec;
import dev.secateur.keras.weights.CheckpointWeights;
import dev.secateur.keras.weights.Hdf5Weights;
import dev.secateur.keras.weights.WeightLayout;
import dev.secateur.keras.weights.WeightSlots;
import dev.secateur.keras.weights.ZipWeights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Reads whole-model Keras files: HDF5 of Keras 1.1 to 3.x, {@code .keras} zips, and SavedModels of
 * TensorFlow 2.0 to 2.15.
 */
public final class KerasReader {
  /** What a SavedModel was written by that does not say so. */
  private static final String FIRST_OF_SAVED_MODELS = "2.2.4-tf";

  private final Path file;
  private final KerasSource source;
  private final BooleanSupplier cancelled;
  private final Reasons reasons = new Reasons();

  private KerasReader(KerasSource source, BooleanSupplier cancelled) {
    this.source = source;
    this.cancelled = cancelled;
    this.file = source.file();
  }

  /**
   * @throws KerasException with all the reasons if the file cannot be read as a model
   */
  public static KerasModel read(Path file) {
    return read(KerasSource.of(file));
  }

  /**
   * @throws KerasException with all the reasons if the file cannot be read as a model
   */
  public static KerasModel read(KerasSource source) {
    return read(source, () -> false);
  }

  /**
   * @param cancelled asked between two weights
   * @throws KerasException with all the reasons if the file cannot be read as a model
   * @throws java.util.concurrent.CancellationException if {@code cancelled} said so
   */
  public static KerasModel read(KerasSource source, BooleanSupplier cancelled) {
    Path file = source.file();
    KerasReader reader = new KerasReader(source, cancelled);
    try {
      return reader.read();
    } catch (Refusal e) {
      reader.reasons.add(e);
    } catch (GraphException | ArithmeticException e) {
      reader.reasons.add(Refusal.config("", e.getMessage()));
    } catch (StackOverflowError e) {
      reader.reasons.add(Refusal.limit("", "nested too deep"));
    } catch (IOException e) {
      Reason reason =
          new Reason(Kind.UNREADABLE, "", "cannot be read: " + e, "check the path and permissions");
      throw new KerasException(file, List.of(reason), e);
    }
    throw new KerasException(file, reader.reasons.all());
  }

  private KerasModel read() throws IOException {
    if (source.architecture().isPresent()) {
      return readWeights(ArchitectureFile.read(source.architecture().get()));
    }
    switch (FileKind.of(file)) {
      case KERAS -> {
        try (KerasZip zip = KerasZip.open(file)) {
          return readZip(zip);
        }
      }
      case SAVED_MODEL -> {
        try (SavedModelFiles files = SavedModelFiles.open(file)) {
          return readSavedModel(files);
        }
      }
      case H5 -> {
        try (Hdf5 hdf5 = Hdf5.open(file, Files.size(file))) {
          return readHdf5(hdf5);
        }
      }
    }
    throw new IllegalStateException("all kinds are above");
  }

  private KerasModel readHdf5(Hdf5 hdf5) {
    GroupAt root = hdf5.root();
    Optional<String> config = root.text("model_config");
    if (config.isEmpty()) {
      throw new Refusal(
          Kind.WEIGHTS_ONLY,
          "",
          "the file has no model_config: it holds weights without their architecture",
          FileKind.GIVE_ARCHITECTURE);
    }
    GroupAt group =
        root.group("model_weights")
            .orElseThrow(() -> Refusal.corrupt("model_weights", "the group is absent"));
    // Up to Keras 2.2 the version stands in the root only.
    String version = root.text("keras_version").or(() -> group.text("keras_version")).orElse("1");
    Dialect dialect = Dialect.of(version);
    boolean theano =
        root.text("backend").or(() -> group.text("backend")).orElse("").equals("theano");
    return read(
        KerasFormat.H5,
        version,
        Json.object(config.get(), "model_config"),
        root.text("training_config")
            .map(t -> Json.object(t, "training_config"))
            .flatMap(TrainingConfigs::of),
        () -> elements(group),
        (model, slots, layout) ->
            new Hdf5Weights(slots, layout, dialect.major() == 1, theano, false)
                .match(model, group));
  }

  private KerasModel readZip(KerasZip zip) {
    JsonNode config = Json.object(zip.config(), "config.json");
    try (Hdf5 hdf5 = Hdf5.open(zip.weights())) {
      GroupAt root = hdf5.root();
      return read(
          KerasFormat.KERAS,
          Json.object(zip.metadata(), "metadata.json").path("keras_version").asText("3"),
          config,
          TrainingConfigs.of(config.path("compile_config")),
          () -> elements(root),
          (model, slots, layout) -> new ZipWeights(slots, layout).match(model, root));
    }
  }

  private KerasModel readSavedModel(SavedModelFiles files) throws IOException {
    ObjectNode metadata = SavedMetadata.of(files);
    Checkpoint checkpoint = Checkpoint.open(files.variables());
    return read(
        KerasFormat.SAVED_MODEL,
        metadata.path("keras_version").asText(FIRST_OF_SAVED_MODELS),
        metadata.has("model_config") ? metadata.get("model_config") : metadata,
        TrainingConfigs.of(metadata.path("training_config")),
        checkpoint::elements,
        (model, slots, layout) ->
            new CheckpointWeights(slots, layout, false).match(model, checkpoint.root()));
  }

  /** Weights beside an architecture that was not saved with them: names must say whose they are. */
  private KerasModel readWeights(ArchitectureFile architecture) throws IOException {
    Optional<SavedModelFiles.UnaryFile> checkpoint = CheckpointFiles.find(file);
    if (checkpoint.isPresent()) {
      Checkpoint opened = Checkpoint.open(checkpoint.get());
      return read(
          KerasFormat.KERAS,
          architecture.version().orElse(FIRST_OF_SAVED_MODELS),
          architecture.config(),
          Optional.empty(),
          opened::elements,
          (model, slots, layout) ->
              new CheckpointWeights(slots, layout, true).match(model, opened.model()));
    }
    if (FileKind.of(file) != KerasFormat.H5) {
      throw hasItsOwn();
    }
    try (Hdf5 hdf5 = Hdf5.open(file, Files.size(file))) {
      GroupAt root = hdf5.root();
      if (root.text("model_config").isPresent()) {
        throw hasItsOwn();
      }
      boolean listed = root.texts("layer_names").isPresent();
      String version =
          architecture
              .version()
              .or(() -> root.text("keras_version"))
              .orElse(listed ? FIRST_OF_SAVED_MODELS : "3");
      boolean theano = root.text("backend").orElse("").equals("theano");
      boolean first = Dialect.of(version).major() == 1;
      return read(
          listed ? KerasFormat.H5 : KerasFormat.KERAS,
          version,
          architecture.config(),
          Optional.empty(),
          () -> elements(root),
          (model, slots, layout) -> {
            if (listed) {
              new Hdf5Weights(slots, layout, first, theano, true).match(model, root);
            } else {
              new ZipWeights(slots, layout).match(model, root);
            }
          });
    }
  }

  private static Refusal hasItsOwn() {
    return new Refusal(
        Kind.INVALID_CONFIG,
        "",
        "the file has an architecture of its own",
        "leave out --architecture");
  }

  /** Pairs what the model asks for with what a file has. */
  private interface Matching {
    void match(ModelSpec model, WeightSlots slots, WeightLayout layout);
  }

  /**
   * @param elements that the weights' file holds at most
   */
  private KerasModel read(
      KerasFormat format,
      String version,
      JsonNode config,
      Optional<TrainingConfig> training,
      LongSupplier elements,
      Matching weights) {
    Dialect dialect = Dialect.of(version);
    ModelSpec model = parse(dialect, config);
    ChannelsLast moved = ChannelsLast.of(model, dialect);
    WeightSlots slots = new WeightSlots(elements.getAsLong());
    ArchitectureLowering lowering =
        new ArchitectureLowering(
            model.name(), slots, dialect, source.inputShape().map(moved::shape), reasons);
    Graph graph = lower(lowering, moved.model());
    moved.tell(slots, graph);
    WeightLayout layout = new WeightLayout(reasons, cancelled);
    weights.match(model, slots, layout);
    load(slots, layout);
    return new KerasModel(
        graph,
        new KerasArchitecture(moved.model(), slots, dialect, lowering.equivalents()),
        format,
        version,
        training,
        ChannelsFirst.of(graph, moved.inputs(), moved.outputs()));
  }

  private ModelSpec parse(Dialect dialect, JsonNode config) {
    ModelSpec model = new ArchitectureParser(dialect, source.replacements(), reasons).parse(config);
    reasons.check();
    return model;
  }

  private Graph lower(ArchitectureLowering lowering, ModelSpec model) {
    Optional<Graph> graph = lowering.lower(model);
    reasons.check();
    return graph.orElseThrow();
  }

  private void load(WeightSlots slots, WeightLayout layout) {
    reasons.check();
    layout.load();
    reasons.check();
    slots.loaded();
  }

  /** How many numbers the file can hold at most. */
  private static long elements(GroupAt group) {
    return group.datasets().stream().mapToLong(DatasetAt::elements).reduce(0, Math::addExact);
  }
}
