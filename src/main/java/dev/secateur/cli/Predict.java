package dev.secateur.cli;

import dev.secateur.dataset.Dataset;
import dev.secateur.dataset.Datasets;
import dev.secateur.dataset.Datasets.Expected;
import dev.secateur.dataset.Datasets.Part;
import dev.secateur.dataset.Datasets.Value;
import dev.secateur.dataset.NpyWriter;
import dev.secateur.graph.Predictor;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Tensor;
import dev.secateur.job.JobException;
import dev.secateur.keras.ChannelsFirst;
import dev.secateur.keras.KerasSource;
import dev.secateur.result.FailureReason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "predict",
    description = "Writes a model's outputs, float32, for the inputs in a NumPy array.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class Predict implements Callable<Integer> {
  private static final int BATCH = 32;

  @Spec CommandSpec spec;

  @Parameters(paramLabel = "MODEL", description = ModelKinds.ALL)
  Place modelAt;

  @Option(
      names = "--input",
      required = true,
      paramLabel = "x.npy",
      description = "Samples; once for each of the model's inputs, in its order.")
  List<Place> inputsAt;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "y.npy",
      description = "Receives the output; once for each of the model's outputs, in its order.")
  List<Path> outputs;

  @Option(names = "--threads", paramLabel = "N", description = "Default: all processors.")
  int threads = Runtime.getRuntime().availableProcessors();

  @Mixin ModelOptions modelOptions;

  @Mixin PreprocessingOptions preprocessing;

  @Mixin ReadingOptions reading;

  @Mixin StoreOptions stores;

  private Path model;
  private List<Path> inputs = List.of();

  @Override
  public Integer call() throws IOException {
    try (LocalFiles files = new LocalFiles(stores, spec.commandLine().getErr())) {
      model = files.model("MODEL", modelAt);
      inputs = inputsAt.stream().map(i -> files.set("--input", i)).toList();
      return predict(modelOptions.source(model, files));
    }
  }

  private int predict(KerasSource source) throws IOException {
    try (OpenModel open =
        OpenModel.open(source, preprocessing.preprocessing(), this::samples, threads)) {
      Predictor predictor = open.predictor();
      expect("--input", inputs.size(), predictor.inputShapes().size());
      expect("--output", outputs.size(), predictor.outputShapes().size());
      List<Dataset> sets = new ArrayList<>();
      try {
        for (int i = 0; i < inputs.size(); i++) {
          Value input = open.expected().inputs().get(i);
          Value unnamed = new Value("", input.shape(), input.channelsFirst());
          sets.add(open(inputs.get(i), new Expected(List.of(unnamed), List.of())));
        }
        sets.forEach(
            set ->
                set.remarks().forEach(r -> spec.commandLine().getErr().println("warning: " + r)));
        predict(predictor, sets, open.expected().outputs());
      } finally {
        sets.forEach(Dataset::close);
      }
    }
    return ExitCode.DONE;
  }

  private Optional<Dataset> samples() {
    return Optional.of(open(inputs.get(0), Expected.ANYTHING));
  }

  private Dataset open(Path file, Expected expected) {
    return Datasets.open(
        file,
        Part.EVALUATION,
        preprocessing.preprocessing(),
        expected,
        reading.options().withProgress(new ReadLine(spec.commandLine().getErr())));
  }

  private void expect(String option, int given, int wanted) {
    if (given != wanted) {
      throw new JobException(
          FailureReason.PLAN_INVALID,
          model + ": needs " + option + " " + wanted + " times, not " + given);
    }
  }

  /** Outputs in the order in which the model's file means them. */
  private void predict(Predictor predictor, List<Dataset> sets, List<Value> given)
      throws IOException {
    int samples = sets.get(0).size();
    if (sets.stream().anyMatch(s -> s.size() != samples)) {
      throw new JobException(
          FailureReason.DATASET_INVALID, "the inputs hold different numbers of samples");
    }
    List<NpyWriter> writers = new ArrayList<>();
    try {
      for (int i = 0; i < outputs.size(); i++) {
        Shape shape = predictor.outputShapes().get(i);
        Shape all =
            (given.get(i).channelsFirst() ? ChannelsFirst.given(shape) : shape).withBatch(samples);
        writers.add(new NpyWriter(beside(outputs.get(i)), all));
      }
      for (int from = 0; from < samples; from += BATCH) {
        int[] indices = IntStream.range(from, Math.min(from + BATCH, samples)).toArray();
        List<Tensor> results =
            predictor.predict(sets.stream().map(s -> s.batch(indices).inputs().get(0)).toList());
        for (int i = 0; i < writers.size(); i++) {
          Tensor result = results.get(i);
          writers
              .get(i)
              .write((given.get(i).channelsFirst() ? result.channelsFirst() : result).values());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      for (NpyWriter writer : writers) {
        writer.close();
      }
    }
    for (Path file : outputs) {
      Files.move(beside(file), file, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static Path beside(Path file) {
    return file.resolveSibling("." + file.getFileName() + ".part");
  }
}
