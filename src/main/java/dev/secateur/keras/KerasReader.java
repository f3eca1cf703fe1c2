package dev.secateur.keras;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.secateur.graph.Graph;
import dev.secateur.graph.GraphException;
import dev.secateur.graph.Shape;
import dev.secateur.keras.Hdf5.DatasetAt;
import dev.secateur.keras.Hdf5.GroupAt;
import dev.secateur.keras.KerasException.Kind;
import dev.secateur.keras.KerasException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Reads whole-model Keras files: HDF5 of Keras 1.1 to 3.x, and {@code .keras} zips. */
public final class KerasReader {
  static final JsonMapper JSON = new JsonMapper();

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
      reader.reasons.add(e.reason());
    } catch (GraphException | ArithmeticException e) {
      reader.reasons.add(Refusal.config("", e.getMessage()).reason());
    } catch (StackOverflowError e) {
      reader.reasons.add(Refusal.limit("", "nested too deep").reason());
    } catch (IOException e) {
      Reason reason =
          new Reason(Kind.UNREADABLE, "", "cannot be read: " + e, "check the path and permissions");
      throw new KerasException(file, List.of(reason), e);
    }
    reader.reasons.check(file);
    throw new IllegalStateException("refused without a reason");
  }

  private KerasModel read() throws IOException {
    KerasFormat format = FileKind.of(file);
    if (format == KerasFormat.KERAS) {
      try (KerasZip zip = KerasZip.open(file)) {
        return readZip(zip);
      }
    }
    try (Hdf5 hdf5 = Hdf5.open(file, Files.size(file))) {
      return readHdf5(hdf5);
    }
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
    ModelSpec model = parse(dialect, json(config.get(), "model_config"));
    WeightSlots slots = new WeightSlots(elements(group));
    Lowering lowering = lowering(model, slots, dialect);
    Graph graph = lower(lowering, model);
    WeightLayout layout = new WeightLayout(reasons);
    boolean theano =
        root.text("backend").or(() -> group.text("backend")).orElse("").equals("theano");
    new Hdf5Weights(slots, layout, dialect, theano).match(model, group);
    load(slots, layout);
    Optional<JsonNode> training = root.text("training_config").map(t -> json(t, "training_config"));
    return new KerasModel(
        graph,
        new KerasArchitecture(model, slots, dialect, lowering.equivalents()),
        KerasFormat.H5,
        version,
        training.flatMap(TrainingConfigs::of));
  }

  private KerasModel readZip(KerasZip zip) {
    JsonNode config = json(zip.config(), "config.json");
    String version = json(zip.metadata(), "metadata.json").path("keras_version").asText("3");
    Dialect dialect = Dialect.of(version);
    ModelSpec model = parse(dialect, config);
    try (Hdf5 hdf5 = Hdf5.open(zip.weights())) {
      GroupAt root = hdf5.root();
      WeightSlots slots = new WeightSlots(elements(root));
      Lowering lowering = lowering(model, slots, dialect);
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

  private ModelSpec parse(Dialect dialect, JsonNode config) {
    ModelSpec model = new ArchitectureParser(dialect, reasons).parse(config);
    reasons.check(file);
    return model;
  }

  private Lowering lowering(ModelSpec model, WeightSlots slots, Dialect dialect) {
    return new Lowering(model.name(), slots, dialect, inputShape, reasons);
  }

  private Graph lower(Lowering lowering, ModelSpec model) {
    Optional<Graph> graph = lowering.lower(model);
    reasons.check(file);
    return graph.orElseThrow();
  }

  private void load(WeightSlots slots, WeightLayout layout) {
    reasons.check(file);
    layout.load();
    reasons.check(file);
    slots.loaded();
  }

  /** How many numbers the file can hold at most. */
  private static long elements(GroupAt group) {
    return group.datasets().stream().mapToLong(DatasetAt::elements).reduce(0, Math::addExact);
  }

  private static JsonNode json(String text, String place) {
    try {
      JsonNode node = JSON.readTree(text);
      if (!node.isObject()) {
        throw Refusal.config(place, "no JSON object");
      }
      return node;
    } catch (com.fasterxml.jackson.core.exc.StreamConstraintsException e) {
      throw Refusal.limit(place, Options.abbreviate(e.getOriginalMessage()));
    } catch (JsonProcessingException e) {
      throw Refusal.config(place, "not JSON: " + Options.abbreviate(e.getOriginalMessage()));
    }
  }
}
