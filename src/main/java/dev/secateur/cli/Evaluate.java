package dev.secateur.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import dev.secateur.dataset.Dataset;
import dev.secateur.dataset.Datasets;
import dev.secateur.dataset.Datasets.Expected;
import dev.secateur.dataset.Datasets.Part;
import dev.secateur.evaluate.Evaluation;
import dev.secateur.evaluate.Evaluator;
import dev.secateur.evaluate.FileSize;
import dev.secateur.evaluate.Latency;
import dev.secateur.evaluate.Task;
import dev.secateur.graph.Predictor;
import dev.secateur.job.JobException;
import dev.secateur.result.FailureReason;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
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

  @Parameters(paramLabel = "MODEL", description = "A Keras or TFLite file.")
  Path model;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "FILE",
      description = "NPZ, a folder with one folder of images a class, or one in zip or tar.gz.")
  Path data;

  @Option(names = "--threads", paramLabel = "N", description = "Default: all processors.")
  int threads = Runtime.getRuntime().availableProcessors();

  @Mixin PreprocessingOptions preprocessing;

  @Mixin OutputOptions output;

  @Override
  public Integer call() {
    try (Predictor predictor = OpenModel.open(model, threads)) {
      if (predictor.inputShapes().size() != 1 || predictor.outputShapes().size() != 1) {
        throw new JobException(
            FailureReason.MODEL_UNSUPPORTED,
            model + ": has several inputs or outputs; only predict takes such a model");
      }
      Task task = Task.of(predictor.inputShapes().get(0), predictor.outputShapes().get(0));
      Expected expected = new Expected(Optional.of(predictor.inputShapes().get(0)), task.classes());
      try (Dataset set =
          Datasets.open(data, Part.EVALUATION, preprocessing.preprocessing(), expected)) {
        Evaluation evaluation = Evaluator.evaluate(predictor, set, task, () -> false);
        print(evaluation, Latency.measure(predictor, set), set.classes());
      }
    }
    return ExitCode.DONE;
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
    json.set("top1", MAPPER.valueToTree(evaluation.top1()));
    json.set("top5", MAPPER.valueToTree(evaluation.top5()));
    json.set("loss", MAPPER.valueToTree(evaluation.loss()));
    json.set("latencyMicros", MAPPER.valueToTree(latency));
    json.set("confusion", MAPPER.valueToTree(evaluation.confusion()));
    return json;
  }

  private static void text(
      PrintWriter out, Evaluation evaluation, Latency latency, List<String> classes) {
    line(out, "samples  %,d", evaluation.samples());
    evaluation.top1().ifPresent(v -> line(out, "top-1    %.2f %%", 100 * v));
    evaluation.top5().ifPresent(v -> line(out, "top-5    %.2f %%", 100 * v));
    evaluation.loss().ifPresent(v -> line(out, "loss     %.4f", v));
    line(
        out,
        "latency  %.1f µs median, %.1f µs p90 (one sample at a time)",
        latency.median(),
        latency.p90());
    List<List<Integer>> confusion = evaluation.confusion();
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
