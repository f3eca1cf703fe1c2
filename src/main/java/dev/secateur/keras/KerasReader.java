package dev.secateur.keras;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.graph.Graph;
import dev.secateur.graph.GraphException;
import dev.secateur.graph.Shape;
import dev.secateur.keras.architecture.ArchitectureLowering;
import dev.secateur.keras.architecture.ArchitectureParser;
import dev.secateur.keras.architecture.KerasArchitecture;
import dev.secateur.keras.checkpoint.Checkpoint;
import dev.secateur.keras.checkpoint.SavedMetadata;
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

/**
 * Reads whole-model Keras files: HDF5 of Keras 1.1 to 3.x, {@code .keras} zips, and SavedModels of
 * TensorFlow 2.0 to 2.15.
 */
public final class KerasReader {
  /** What a SavedModel was written by that does not say so. */
  private static final String FIRST_OF_SAVED_MODELS = "2.2.4-tf";

  private final Path file;
  private final Optional<Shape> inputShape;
  private final Reasons reasons = new Reasons();

  private KerasReader(Path file, Optional<Shape> inputShape) {
    this.file = file;
    this.inputShape = inputShape;
  }

  /**
   * @throws KerasException with all the reasons if the file cannot be read as a model
   */
  public static KerasModel read(Path file) {
    return read(file, Optional.empty());
  }

  /**
   * @param inputShape shape of the input with the batch, for a model that states none
   * @throws KerasException with all the reasons if the file cannot be read as a model
   */
  public static KerasModel read(Path file, Optional<Shape> inputShape) {
    KerasReader reader = new KerasReader(file, inputShape);
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
          "save the whole model, with model.save instead of save_weights");
    }
    GroupAt group =
        root.group("model_weights")
            .orElseThrow(() -> Refusal.corrupt("model_weights", "the group is absent"));
    // Up to Keras 2.2 the version stands in the root only.
    String version = root.text("keras_version").or(() -> group.text("keras_version")).orElse("1");
    Dialect dialect = Dialect.of(version);
    ModelSpec model = parse(dialect, Json.object(config.get(), "model_config"));
    WeightSlots slots = new WeightSlots(elements(group));
    ArchitectureLowering lowering = lowering(model, slots, dialect);
    Graph graph = lower(lowering, model);
    WeightLayout layout = new WeightLayout(reasons);
    boolean theano =
        root.text("backend").or(() -> group.text("backend")).orElse("").equals("theano");
    new Hdf5Weights(slots, layout, dialect.major() == 1, theano).match(model, group);
    load(slots, layout);
    Optional<JsonNode> training =
        root.text("training_config").map(t -> Json.object(t, "training_config"));
    return new KerasModel(
        graph,
        new KerasArchitecture(model, slots, dialect, lowering.equivalents()),
        KerasFormat.H5,
        version,
        training.flatMap(TrainingConfigs::of));
  }

  private KerasModel readZip(KerasZip zip) {
    JsonNode config = Json.object(zip.config(), "config.json");
    String version = Json.object(zip.metadata(), "metadata.json").path("keras_version").asText("3");
    Dialect dialect = Dialect.of(version);
    ModelSpec model = parse(dialect, config);
    try (Hdf5 hdf5 = Hdf5.open(zip.weights())) {
      GroupAt root = hdf5.root();
      WeightSlots slots = new WeightSlots(elements(root));
      ArchitectureLowering lowering = lowering(model, slots, dialect);
      Graph graph = lower(lowering, model);
      WeightLayout layout = new WeightLayout(reasons);
      new ZipWeights(slots, layout).match(model, root);
      load(slots, layout);
      return new KerasModel(
          graph,
          new KerasArchitecture(model, slots, dialect, lowering.equivalents()),
          KerasFormat.KERAS,
          version,
          TrainingConfigs.of(config.path("compile_config")));
    }
  }

  private KerasModel readSavedModel(SavedModelFiles files) throws IOException {
    ObjectNode metadata = SavedMetadata.of(files);
    String version = metadata.path("keras_version").asText(FIRST_OF_SAVED_MODELS);
    Dialect dialect = Dialect.of(version);
    JsonNode config = metadata.has("model_config") ? metadata.get("model_config") : metadata;
    ModelSpec model = parse(dialect, config);
    Checkpoint checkpoint = Checkpoint.open(files.variables());
    WeightSlots slots = new WeightSlots(checkpoint.elements());
    ArchitectureLowering lowering = lowering(model, slots, dialect);
    Graph graph = lower(lowering, model);
    WeightLayout layout = new WeightLayout(reasons);
    new CheckpointWeights(slots, layout, false).match(model, checkpoint.root());
    load(slots, layout);
    return new KerasModel(
        graph,
        new KerasArchitecture(model, slots, dialect, lowering.equivalents()),
        KerasFormat.SAVED_MODEL,
        version,
        TrainingConfigs.of(metadata.path("training_config")));
  }

  private ModelSpec parse(Dialect dialect, JsonNode config) {
    ModelSpec model = new ArchitectureParser(dialect, reasons).parse(config);
    reasons.check();
    return model;
  }

  private ArchitectureLowering lowering(ModelSpec model, WeightSlots slots, Dialect dialect) {
    return new ArchitectureLowering(model.name(), slots, dialect, inputShape, reasons);
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
