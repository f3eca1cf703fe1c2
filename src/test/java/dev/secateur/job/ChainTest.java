package dev.secateur.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.secateur.dataset.NpzFixture;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.Weight;
import dev.secateur.keras.KerasModel;
import dev.secateur.keras.KerasReader;
import dev.secateur.keras.KerasWriter;
import dev.secateur.plan.Plan;
import dev.secateur.result.FailureReason;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The chain as a list of steps, and what is found before the first of them runs. */
class ChainTest {
  private static final Path MODEL = Path.of("examples/shapes.keras");
  private static final Path DATA = Path.of("examples/shapes.npz");

  @TempDir Path directory;

  private final List<Stage> started = new ArrayList<>();

  private JobException refused(Path model, Path data, String plan) throws Exception {
    Job job =
        new Job(
            "m",
            Input.of(model),
            Optional.empty(),
            Optional.of(Input.of(data)),
            Optional.of(Input.of(data)),
            Optional.empty(),
            Plan.read(new ObjectMapper().readTree(plan)),
            directory.resolve("out"),
            Budget.ofProcess(1));
    JobListener listener =
        new JobListener() {
          @Override
          public void started(Stage stage) {
            started.add(stage);
          }
        };
    ReportWriter none = (result, into) -> {};
    return catchThrowableOfType(
        JobException.class, () -> Chain.run(job, none, JobCheckpoints.NONE, listener, () -> false));
  }

  private void isFoundAtOnce(JobException e, FailureReason reason) {
    assertThat(e.reason()).as(e.getMessage()).isEqualTo(reason);
    assertThat(reason.permanent()).isTrue();
    assertThat(started).containsExactly(Stage.LOAD);
    assertThat(directory.resolve("out")).doesNotExist();
  }

  private record Part(Stage stage, Set<Product<?>> needs, Set<Product<?>> makes) implements Step {
    @Override
    public void run(Products products) {}
  }

  @Test
  void stepsThatDoNotFitAreAFaultOfWhoeverPutThemTogether() {
    Step save = new Part(Stage.SAVE, Set.of(Product.TUNED), Set.of(Product.PRUNED_FILE));
    Step tune = new Part(Stage.FINE_TUNE, Set.of(), Set.of(Product.TUNED));
    Step report = new Part(Stage.REPORT, Set.of(), Set.of(Product.RESULT));
    assertThat(Chain.ordered(List.of(tune, save, report))).containsExactly(tune, save, report);
    assertThatThrownBy(() -> Chain.ordered(List.of(save, tune, report)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the step save needs the pruned network, which no step before it makes");
    assertThatThrownBy(() -> Chain.ordered(List.of(tune, tune, report)))
        .hasMessage("the step fine-tune makes the pruned network once more");
    assertThatThrownBy(() -> Chain.ordered(List.of(tune, save)))
        .hasMessage("no step makes the result");
  }

  @Test
  void aStepThatDoesNotMakeWhatItSaysIsFound() {
    try (Products products = new Products()) {
      assertThatThrownBy(() -> products.require(Set.of(Product.TUNED), Stage.FINE_TUNE))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("the step fine-tune has not made the pruned network");
    }
  }

  /** Before any set is read in full. */
  @Test
  void namesInThePlanThatTheModelDoesNotHave() throws Exception {
    for (String plan :
        List.of(
            "{\"acceptance\": {\"bounds\": {\"mae\": {\"max\": 3}}}}",
            "{\"acceptance\": {\"bounds\": {\"nosuch.top1\": {\"min\": 0.5}}}}",
            "{\"task\": {\"nosuch\": \"regression\"}}")) {
      started.clear();
      isFoundAtOnce(refused(MODEL, DATA, plan), FailureReason.PLAN_INVALID);
    }
  }

  @Test
  void integersOnlyWhereALayerHasNoIntegerKernel() throws Exception {
    Path model = Files.copy(MODEL, directory.resolve("softplus.keras"));
    try (FileSystem zip = FileSystems.newFileSystem(model)) {
      Path config = zip.getPath("config.json");
      String json = Files.readString(config);
      String relu = "\"activation\": \"relu\"";
      assertThat(json).contains(relu);
      Files.writeString(
          config, json.replace(relu, relu.replace("relu", "softplus")), StandardCharsets.UTF_8);
    }
    JobException e = refused(model, DATA, "{\"quantization\": {\"integerOnly\": true}}");
    isFoundAtOnce(e, FailureReason.CONVERSION_IMPOSSIBLE);
  }

  @Test
  void samplesAndTargetsThatHaveChangedPlaces() throws Exception {
    Path data = directory.resolve("swapped.npz");
    try (NpzFixture npz = new NpzFixture(data, false)) {
      npz.int64("x", "(4,)", 0, 1, 2, 3);
      npz.floats("y", "(4, 16, 16, 1)", new float[4 * 16 * 16]);
    }
    JobException e = refused(MODEL, data, "{}");
    isFoundAtOnce(e, FailureReason.DATASET_INVALID);
    assertThat(e).hasMessageContaining("changed places");
  }

  @Test
  void aKerasFileWithOtherWeightsThanTheNetworksIsNotHandedOut() {
    KerasModel model = KerasReader.read(MODEL);
    Graph network = model.graph();
    KerasFileCheck check = new KerasFileCheck(FewSamples.of(network, Optional.empty()), 1);
    Path file = directory.resolve("written.keras");
    Graph read = KerasWriter.write(model, network, file, model.format());
    assertThatCode(() -> check.equal(file, read, network)).doesNotThrowAnyException();
    Weight kernel = network.prunable().get(0);
    Tensor zeros = new Tensor(kernel.shape(), new float[kernel.value().values().length]);
    Graph pruned = network.withWeights(Map.of(kernel.name(), zeros));
    assertThatThrownBy(() -> check.equal(file, read, pruned))
        .isInstanceOfSatisfying(
            JobException.class,
            e -> assertThat(e.reason()).isEqualTo(FailureReason.MODEL_UNSUPPORTED))
        .hasMessageContaining("written.keras: the model cannot be written back");
  }
}
