package dev.secateur.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import dev.secateur.dataset.Dataset;
import dev.secateur.dataset.Datasets;
import dev.secateur.dataset.Datasets.Expected;
import dev.secateur.dataset.Datasets.Part;
import dev.secateur.evaluate.Evaluation;
import dev.secateur.evaluate.Evaluator;
import dev.secateur.evaluate.Fault;
import dev.secateur.evaluate.FileSize;
import dev.secateur.evaluate.Goals;
import dev.secateur.evaluate.Judgement;
import dev.secateur.evaluate.Latency;
import dev.secateur.keras.KerasSource;
import dev.secateur.plan.Measure;
import dev.secateur.plan.Task;
import dev.secateur.plan.TaskChoice;
import dev.secateur.result.MeasureText;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "evaluate",
    description = "Measures a .h5, .keras or .tflite file on labelled samples.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class Evaluate implements Callable<Integer> {
  private static final ObjectMapper MAPPER = new ObjectMapper().registerModule(new Jdk8Module());

  @Spec CommandSpec spec;

  @Parameters(paramLabel = "MODEL", description = ModelKinds.ALL)
  Place modelAt;

  @Option(names = "--data", required = true, paramLabel = "FILE", description = SetKinds.ALL)
  Place dataAt;

  @Option(names = "--threads", paramLabel = "N", description = "Default: all processors.")
  int threads = Runtime.getRuntime().availableProcessors();

  @Mixin ModelOptions modelOptions;

  @Mixin TaskOptions task;

  @Mixin PreprocessingOptions preprocessing;

  @Mixin ReadingOptions reading;

  @Mixin OutputOptions output;

  @Mixin StoreOptions stores;

  private Path model;
  private Path data;

  @Override
  public Integer call() {
    try (LocalFiles files = new LocalFiles(stores, spec.commandLine().getErr())) {
      model = files.model("MODEL", modelAt);
      data = files.set("--data", dataAt);
      return evaluate(modelOptions.source(model, files));
    }
  }

  private int evaluate(KerasSource source) {
    Optional<TaskChoice> choice = task.choice();
    try (OpenModel open =
            OpenModel.open(source, preprocessing.preprocessing(), this::samples, threads);
        Dataset set = open(open.expected())) {
      choice.ifPresent(c -> c.requireOutputs(open.outputs()));
      Goals goals =
          new Goals(
              o -> choice.flatMap(c -> c.of(o)), o -> Optional.ofNullable(open.losses().get(o)));
      Evaluator evaluator =
          new Evaluator(goals.of(open.heads(), set.inputs(), set), set, () -> false);
      Evaluation evaluation = evaluator.evaluate(open.predictor());
      set.remarks().forEach(this::warn);
      print(evaluation, Latency.measure(open.predictor(), set), set.classes());
    }
    return ExitCode.DONE;
  }

  private void warn(String remark) {
    spec.commandLine().getErr().println("warning: " + remark);
  }

  private Optional<Dataset> samples() {
    return Optional.of(open(Expected.ANYTHING));
  }

  private Dataset open(Expected expected) {
    return Datasets.open(
        data,
        Part.EVALUATION,
        preprocessing.preprocessing(),
        expected,
        reading.options().withProgress(new ReadLine(spec.commandLine().getErr())));
  }

  private void print(Evaluation evaluation, Latency latency, List<String> classes) {
    PrintWriter terminal = spec.commandLine().getOut();
    if (output.json) {
      terminal.println(json(evaluation, latency).toPrettyString());
    } else {
      text(terminal, evaluation, latency, classes);
    }
    terminal.flush();
  }

  private ObjectNode json(Evaluation evaluation, Latency latency) {
    FileSize size = FileSize.of(model);
    ObjectNode json = MAPPER.createObjectNode();
    json.put("file", model.getFileName().toString());
    json.put("bytes", size.raw());
    json.put("zippedBytes", size.zipped());
    json.put("samples", evaluation.samples());
    Optional<Judgement> only =
        evaluation.outputs().stream().filter(o -> evaluation.outputs().size() == 1).findFirst();
    json.set("top1", MAPPER.valueToTree(only.flatMap(Evaluate::top1)));
    json.set("top5", MAPPER.valueToTree(only.flatMap(o -> o.measure(Measure.TOP5))));
    json.set("loss", MAPPER.valueToTree(only.flatMap(o -> o.measure(Measure.LOSS))));
    json.set("measures", MAPPER.valueToTree(only.map(Judgement::measures).orElse(Map.of())));
    ObjectNode outputs = json.putObject("outputs");
    for (Judgement output : evaluation.outputs()) {
      outputs
          .putObject(output.output())
          .put("task", output.task().label())
          .set("measures", MAPPER.valueToTree(output.measures()));
    }
    json.set("faults", faults(evaluation));
    json.set("latencyMicros", MAPPER.valueToTree(latency));
    json.set("confusion", MAPPER.valueToTree(only.map(Judgement::confusion).orElse(List.of())));
    return json;
  }

  /** As in a report: what a verdict on this file would rest on nothing for. */
  private static ArrayNode faults(Evaluation evaluation) {
    ArrayNode faults = MAPPER.createArrayNode();
    for (Judgement output : evaluation.outputs()) {
      output.faults().stream()
          .filter(Fault::certain)
          .forEach(
              f ->
                  faults
                      .addObject()
                      .put("output", output.output())
                      .put("kind", f.kind().label())
                      .put("message", f.sentence()));
    }
    return faults;
  }

  /** A decision between two classes has a first choice too. */
  private static Optional<Double> top1(Judgement output) {
    return output.task() == Task.BINARY
        ? output.measure(Measure.ACCURACY)
        : output.measure(Measure.TOP1);
  }

  private static void text(
      PrintWriter out, Evaluation evaluation, Latency latency, List<String> classes) {
    line(out, "samples  %,d", evaluation.samples());
    for (Judgement output : evaluation.outputs()) {
      if (evaluation.outputs().size() > 1) {
        line(out, "%s (%s)", output.output(), output.task().label());
      }
      output
          .measures()
          .forEach(
              (measure, value) ->
                  line(
                      out,
                      "%-8s %s",
                      MeasureText.name(measure),
                      MeasureText.value(measure, value)));
      output.faults().stream()
          .filter(Fault::certain)
          .forEach(f -> line(out, "warning: output %s %s", output.output(), f.sentence()));
    }
    line(
        out,
        "latency  %.1f µs median, %.1f µs p90 (one sample at a time)",
        latency.median(),
        latency.p90());
    List<List<Integer>> confusion = evaluation.outputs().get(0).confusion();
    if (!confusion.isEmpty()) {
      line(out, "confusion (rows true, columns predicted)");
    }
    for (int row = 0; row < confusion.size(); row++) {
      StringBuilder cells = new StringBuilder();
      confusion.get(row).forEach(n -> cells.append(String.format(Locale.ROOT, "%6d", n)));
      String name = row < classes.size() ? "  " + classes.get(row) : "";
      line(out, "%4d%s%s", row, cells, name);
    }
  }

  private static void line(PrintWriter out, String format, Object... values) {
    out.println(String.format(Locale.ROOT, format, values));
  }
}
