package dev.secateur.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.dataset.Dataset;
import dev.secateur.dataset.Datasets;
import dev.secateur.dataset.Datasets.Expected;
import dev.secateur.dataset.Datasets.Part;
import dev.secateur.dataset.Datasets.Value;
import dev.secateur.dataset.NpzFixture;
import dev.secateur.graph.Shape;
import dev.secateur.plan.Preprocessing;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A verdict means something: for each task, on the networks of examples/tasks. */
class TasksTest {
  private static final Path TASKS = Run.EXAMPLES.resolve("tasks");
  private static final Path SET = TASKS.resolve("tasks.npz");
  private static final String UNIT = "0.00392156862745098";

  @TempDir Path dir;

  private Run compress(String model, Object... more) {
    List<Object> arguments =
        new ArrayList<>(
            List.of("compress", TASKS.resolve(model), "--train", SET, "--out", dir.resolve("out")));
    arguments.addAll(List.of(more));
    return Run.of(arguments.toArray());
  }

  /** The images of the evaluation part, without a target. */
  private Path imagesAlone() throws IOException {
    Path images = dir.resolve("images.npz");
    Expected image = new Expected(List.of(new Value("image", Shape.of(-1, 16, 16, 1))), List.of());
    try (Dataset set = Datasets.open(SET, Part.EVALUATION, Preprocessing.NONE, image);
        NpzFixture npz = new NpzFixture(images, true)) {
      int[] all = IntStream.range(0, set.size()).toArray();
      npz.floats(
          "image", "(" + set.size() + ", 16, 16, 1)", set.batch(all).inputs().get(0).values());
    }
    return images;
  }

  private JsonNode report() throws IOException {
    return new ObjectMapper().readTree(dir.resolve("out/report.json").toFile());
  }

  private JsonNode output(String variant, String name) throws IOException {
    for (JsonNode v : report().get("variants")) {
      if (v.get("name").asText().equals(variant)) {
        return v.get("outputs").get(name);
      }
    }
    throw new AssertionError(variant + " is missing");
  }

  private static String scale(String model) {
    return model.startsWith("again") ? UNIT : "1";
  }

  @ParameterizedTest
  @CsvSource({
    "radius.keras, radius, regression, r2, 0.9",
    "square.h5, square, binary, accuracy, 0.9",
    "labels.keras, labels, multi-label, f1, 0.9",
    "kind.h5, kind, classification, top1, 0.85",
    "figure.h5, figure, segmentation, miou, 0.8",
    "foreground.keras, foreground, segmentation, miou, 0.8",
    "again.h5, again, reconstruction, r2, 0.5",
    "both.keras, square, binary, accuracy, 0.9",
  })
  void soundNetworkIsAcceptedByItsTasksMeasures(
      String model, String output, String task, String measure, double least) throws IOException {
    Run run =
        compress(
            model,
            // With two losses the moving averages of its normalisations take longer to follow.
            "--epochs",
            model.startsWith("both") ? 20 : 4,
            "--sparsity",
            "0.3",
            model.startsWith("both") ? "--distill" : "--no-distill",
            "--scale",
            scale(model),
            // What is asked here is who is judged, not how well so short a run goes.
            "--accept",
            measure + ">=original-0.1");
    assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(ExitCode.DONE);
    JsonNode judged = output("int8", output);
    assertThat(judged.get("task").asText()).isEqualTo(task);
    assertThat(judged.get("measures").get(measure).asDouble()).isGreaterThan(least - 0.1);
    assertThat(output("original", output).get("measures").get(measure).asDouble())
        .isGreaterThan(least);
    assertThat(output("original", output).get("divergence").asDouble()).isZero();
    assertThat(judged.get("divergence").asDouble()).isPositive();
  }

  @ParameterizedTest
  @CsvSource({
    "radius.keras",
    "square.h5",
    "labels.keras",
    "kind.h5",
    "figure.h5",
    "foreground.keras",
    "again.h5",
    "both.keras",
  })
  void destroyedNetworkIsRejected(String model) throws IOException {
    Run run =
        compress(
            model,
            "--epochs",
            0,
            "--method",
            "magnitude",
            "--sparsity",
            "0.98",
            "--scale",
            scale(model));
    assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(ExitCode.NOT_ACCEPTED);
    assertThat(run.out()).contains("REJECTED: INT8");
    assertThat(report().get("variants")).hasSize(4);
  }

  @ParameterizedTest
  @CsvSource({"radius.keras", "square.h5", "labels.keras", "figure.h5", "foreground.keras"})
  void destroyedNetworkIsRejectedWithoutTargetsToo(String model) throws IOException {
    Path images = imagesAlone();
    Run run =
        Run.of(
            "compress",
            TASKS.resolve(model),
            "--train",
            images,
            "--eval",
            images,
            "--out",
            dir.resolve("out"),
            "--epochs",
            0,
            "--method",
            "magnitude",
            "--sparsity",
            "0.98");
    assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(ExitCode.NOT_ACCEPTED);
    assertThat(run.out()).contains("REJECTED: INT8").contains("also stand in the training set");
  }

  @ParameterizedTest
  @CsvSource({
    "again.h5, reconstruction, 0.00001, --scale 0.00392156862745098",
    "radius.keras, regression, 0.001, --scale 1",
    "figure.h5, auto, 0.001, --scale 1",
    "kind.h5, classification, 0.00001, --scale 1",
  })
  void originalThatIsFedWronglyScaledIsRejectedUntrainedAndToldTheScale(
      String model, String task, String scale, String advice) throws IOException {
    Run run = compress(model, "--task", task, "--scale", scale, "--epochs", 1);
    assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(ExitCode.NOT_ACCEPTED);
    assertThat(run.out()).contains("REJECTED: the original", advice);
    assertThat(report().get("variants")).hasSize(1);
    assertThat(report().get("calibration").isNull()).isTrue();
    assertThat(dir.resolve("out/report.html")).exists();
    assertThat(dir.resolve("out/int8.tflite")).doesNotExist();
  }

  @Test
  void originalAtChanceRunsWhereThePlanAllowsIt() throws IOException {
    Run run = compress("radius.keras", "--scale", "0.001", "--epochs", 0, "--allow-chance");
    assertThat(run.out()).contains("warning: the original", "run all the same");
    assertThat(report().get("variants")).hasSize(4);
    assertThat(dir.resolve("out/int8.tflite")).exists();
    compress("radius.keras", "--scale", "0.001", "--epochs", 0);
    assertThat(report().get("variants")).hasSize(1);
    assertThat(dir.resolve("out/int8.tflite")).as("of the job before").doesNotExist();
  }

  @Test
  void boundsOfMeasuresThatNobodyHasAreRefused() {
    Run unknown = compress("radius.keras", "--accept", "maee<=3");
    assertThat(unknown.exitCode()).isEqualTo(ExitCode.INPUT);
    assertThat(unknown.err()).contains("maee", "top1", "rmse");
    Run foreign = compress("radius.keras", "--accept", "top1>=0.9");
    assertThat(foreign.exitCode()).isEqualTo(ExitCode.INPUT);
    assertThat(foreign.err()).contains("no output is judged by top1", "radius (regression)", "mae");
    Run output = compress("radius.keras", "--accept", "width.mae<=3");
    assertThat(output.err()).contains("the model has no such output; it has [radius]");
    Run words = compress("radius.keras", "--accept", "mae=3");
    assertThat(words.err()).contains("--accept: mae=3: is no bound");
  }

  @Test
  void twoBoundsOnOneSideOfAMeasureAreRefusedBothNamed() {
    Run run = compress("radius.keras", "--accept", "mae<=3", "--accept", "mae <= 4");
    assertThat(run.exitCode()).isEqualTo(ExitCode.INPUT);
    assertThat(run.err()).contains("--accept: mae<=3 and mae <= 4 bound the same side");
  }

  @Test
  void aLimitThatIsGivenHoldsBesideABound() {
    Run run =
        compress(
            "kind.h5",
            "--epochs",
            0,
            "--method",
            "magnitude",
            "--sparsity",
            "0.7",
            "--accept",
            "top1>=0",
            "--max-accuracy-drop",
            "0.01");
    assertThat(run.exitCode()).isEqualTo(ExitCode.NOT_ACCEPTED);
    assertThat(run.out()).contains("INT8 top-1 is", "the limit is a drop of 1.00");
  }

  @Test
  void tasksOfOutputsThatNobodyHasAreRefusedByEveryCommand() {
    Run evaluated =
        Run.of(
            "evaluate",
            TASKS.resolve("radius.keras"),
            "--data",
            SET,
            "--task",
            "nosuch=regression");
    Run compressed = compress("radius.keras", "--task", "nosuch=regression");
    for (Run run : List.of(evaluated, compressed)) {
      assertThat(run.exitCode()).isEqualTo(ExitCode.INPUT);
      assertThat(run.err()).contains("/task/nosuch: the model has no such output; it has [radius]");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "radius.keras",
    "square.h5",
    "labels.keras",
    "kind.h5",
    "figure.h5",
    "foreground.keras",
    "again.h5",
    "both.keras",
  })
  void aNetworkIsForTheSameWhateverFileItLiesIn(String model) throws IOException {
    Path file = TASKS.resolve(model);
    Run.of("convert", file, "--out", dir);
    Path tflite = dir.resolve("fp32.tflite");
    assertThat(tasks(tflite, SET)).isEqualTo(tasks(file, SET)).isNotEmpty();
    if (model.startsWith("radius") || model.startsWith("square")) {
      // Targets that fit several tasks: numbers that are all 0 or 1.
      Path ones = dir.resolve("ones.npz");
      try (NpzFixture npz = new NpzFixture(ones, true)) {
        npz.floats("x", "(4, 16, 16, 1)", new float[4 * 16 * 16]);
        npz.floats("y", "(4,)", 0, 1, 1, 0);
      }
      assertThat(tasks(tflite, ones)).isEqualTo(tasks(file, ones)).isNotEmpty();
    }
  }

  private static List<String> tasks(Path file, Path set) throws IOException {
    Run run = Run.of("evaluate", file, "--data", set, "--json");
    List<String> tasks = new ArrayList<>();
    new ObjectMapper()
        .readTree(run.out())
        .get("outputs")
        .properties()
        .forEach(o -> tasks.add(o.getKey() + " " + o.getValue().get("task").asText()));
    return tasks;
  }

  @Test
  void faultsStandInAnEvaluationToo() throws IOException {
    Run run =
        Run.of(
            "evaluate",
            TASKS.resolve("radius.keras"),
            "--data",
            SET,
            "--scale",
            "0.00001",
            "--json");
    JsonNode fault = new ObjectMapper().readTree(run.out()).get("faults").get(0);
    assertThat(fault.get("output").asText()).isEqualTo("radius");
    assertThat(fault.get("kind").asText()).isEqualTo("chance");
    assertThat(fault.get("message").asText()).contains("R²");
  }

  @Test
  void labelsThatAnImageHasNoUseForAreSaidToBeDropped() throws IOException {
    Path set = dir.resolve("labelled.npz");
    try (NpzFixture npz = new NpzFixture(set, true)) {
      npz.floats("x", "(4, 16, 16, 1)", new float[4 * 16 * 16]);
      npz.int64("y", "(4,)", 0, 1, 2, 3);
    }
    Run run = Run.of("evaluate", TASKS.resolve("again.h5"), "--data", set);
    assertThat(run.err())
        .contains("labelled.npz: its labels, a class a sample, are not used", "is an image");
  }

  @Test
  void masksThatAreBlackAndWhiteInOneSetAloneAreRefused() throws IOException {
    Path set = dir.resolve("masks.npz");
    float[] black = new float[4 * 16 * 16];
    black[0] = 255;
    float[] grey = black.clone();
    grey[1] = 7;
    try (NpzFixture npz = new NpzFixture(set, true)) {
      npz.floats("x_train", "(4, 16, 16, 1)", new float[4 * 16 * 16]);
      npz.floats("y_train", "(4, 16, 16, 1)", grey);
      npz.floats("x_test", "(4, 16, 16, 1)", new float[4 * 16 * 16]);
      npz.floats("y_test", "(4, 16, 16, 1)", black);
    }
    Run run =
        Run.of("compress", TASKS.resolve("again.h5"), "--train", set, "--out", dir.resolve("out"));
    assertThat(run.exitCode()).isEqualTo(ExitCode.INPUT);
    assertThat(run.err())
        .contains("y_test", "nothing but 0 and 255", "the training set has other values");
  }

  @Test
  void whereNothingIsTrainedNoTrainingSetIsSpokenOf() throws IOException {
    Run run =
        Run.of(
            "compress",
            TASKS.resolve("radius.keras"),
            "--representative",
            SET,
            "--eval",
            SET,
            "--recipe",
            "instant",
            "--sparsity",
            "0.3",
            "--out",
            dir.resolve("out"));
    assertThat(run.out()).doesNotContain("training set");
    assertThat(report().at("/datasets/1/alsoInTraining").isNull()).isTrue();
  }

  /** What a second job reuses is what it would have made: both end with the same bytes. */
  @ParameterizedTest
  @CsvSource({"kind.h5, recommended", "both.keras, recommended", "kind.h5, instant"})
  void jobsThatBeginAlikeComputeTheBeginningOnce(String model, String recipe) throws IOException {
    Path cache = dir.resolve("cache");
    Object[] second = {"--recipe", recipe, "--epochs", 1, "--sparsity", "0.4"};
    compress(model, "--recipe", recipe, "--epochs", 1, "--sparsity", "0.2", "--cache", cache);
    Run alone = compress(model, second);
    JsonNode computed = comparable(report());
    assertThat(alone.err()).doesNotContain("reused");
    List<Object> sharing = new ArrayList<>(List.of(second));
    sharing.addAll(List.of("--cache", cache));
    Run shared = compress(model, sharing.toArray());
    assertThat(shared.err())
        .contains("reused: the original's outputs on the evaluation set")
        .contains("reused: the original's outputs on the training set");
    assertThat(shared.err().contains("the sensitivity table"))
        .isEqualTo(!recipe.equals("tutorial"));
    assertThat(comparable(report())).isEqualTo(computed);
  }

  /** A report without what differs from run to run. */
  private static JsonNode comparable(JsonNode report) {
    ObjectNode same = report.deepCopy();
    same.remove(List.of("stages", "process", "artifacts"));
    same.get("variants")
        .forEach(v -> ((ObjectNode) v).remove(List.of("latencyMicros", "bytes", "zippedBytes")));
    return same;
  }

  @Test
  void boundThatIsMissedRejectsWithItsFigures() {
    Run run = compress("radius.keras", "--epochs", 0, "--accept", "mae<=0.0001");
    assertThat(run.exitCode()).isEqualTo(ExitCode.NOT_ACCEPTED);
    assertThat(run.out()).contains("INT8 MAE is", "the most is 0.0001");
  }

  @Test
  void taskThatDoesNotFitTheOutputIsRefused() {
    Run run = compress("radius.keras", "--task", "segmentation");
    assertThat(run.exitCode()).isEqualTo(ExitCode.INPUT);
    assertThat(run.err()).contains("output radius", "is no segmentation");
  }

  @Test
  void evaluationSaysWhatTheOutputsAreFor() throws IOException {
    Run run = Run.of("evaluate", TASKS.resolve("both.keras"), "--data", SET, "--json");
    JsonNode json = new ObjectMapper().readTree(run.out());
    assertThat(json.at("/outputs/radius/task").asText()).isEqualTo("regression");
    assertThat(json.at("/outputs/radius/measures/r2").asDouble()).isGreaterThan(0.9);
    assertThat(json.at("/outputs/square/measures/accuracy").asDouble()).isGreaterThan(0.9);
    Run one = Run.of("evaluate", TASKS.resolve("figure.h5"), "--data", SET, "--json");
    assertThat(new ObjectMapper().readTree(one.out()).at("/measures/miou").asDouble())
        .isGreaterThan(0.8);
  }
}
