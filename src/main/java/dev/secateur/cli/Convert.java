package dev.secateur.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.dataset.Dataset;
import dev.secateur.dataset.Datasets;
import dev.secateur.dataset.Datasets.Expected;
import dev.secateur.dataset.Datasets.Part;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Predictor;
import dev.secateur.job.Failures;
import dev.secateur.job.FewSamples;
import dev.secateur.job.FileLosses;
import dev.secateur.job.JobException;
import dev.secateur.job.KerasFileCheck;
import dev.secateur.job.RoundedNetwork;
import dev.secateur.job.UnknownShape;
import dev.secateur.keras.KerasModel;
import dev.secateur.keras.KerasSource;
import dev.secateur.keras.KerasWriter;
import dev.secateur.keras.file.KerasFormat;
import dev.secateur.plan.Plan;
import dev.secateur.plan.Quantization;
import dev.secateur.plan.Scheme;
import dev.secateur.result.Engine;
import dev.secateur.result.FailureReason;
import dev.secateur.tflite.ArtifactCheck;
import dev.secateur.tflite.Calibration;
import dev.secateur.tflite.Calibrator;
import dev.secateur.tflite.Lowered;
import dev.secateur.tflite.ModelMetadata;
import dev.secateur.tflite.TfliteModel;
import dev.secateur.tflite.Usage;
import dev.secateur.train.TensorFlowPredictor;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "convert",
    description = "Converts a Keras file to TFLite, without training.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class Convert implements Callable<Integer> {
  @Spec CommandSpec spec;

  @Parameters(paramLabel = "MODEL", description = ModelKinds.KERAS)
  Place modelAt;

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Receives the files.")
  Path out;

  @Option(
      names = "--int8",
      description = "Also write int8.tflite, as --scheme int8 does; needs --representative.")
  boolean int8;

  @Option(
      names = "--representative",
      paramLabel = "FILE",
      description = "Samples that calibrate int8 and int16x8. .npy; " + SetKinds.ALL)
  Optional<Place> representativeAt;

  @Option(
      names = "--keras",
      paramLabel = "h5|keras",
      description = "Also write the model back as a Keras file of this kind.")
  Optional<String> keras;

  @Option(names = "--threads", paramLabel = "N", description = "Default: all processors.")
  int threads = Runtime.getRuntime().availableProcessors();

  @Mixin ModelOptions modelOptions;

  @Mixin PreprocessingOptions preprocessing;

  @Mixin ReadingOptions reading;

  @Mixin QuantizationOptions quantization;

  @Mixin OutputOptions output;

  @Mixin StoreOptions stores;

  private Optional<Path> representative = Optional.empty();

  private final ObjectNode files = new ObjectMapper().createObjectNode();

  @Override
  public Integer call() {
    try (LocalFiles files = new LocalFiles(stores, spec.commandLine().getErr())) {
      representative = files.set("--representative", representativeAt);
      return convert(modelOptions.source(files.model("MODEL", modelAt), files));
    }
  }

  private int convert(KerasSource source) {
    Plan resolved = plan();
    Optional<KerasFormat> format = keras.map(Convert::format);
    boolean quantizes = int8 || !quantization.schemes.isEmpty();
    Quantization how = resolved.quantization();
    if (quantizes && how.calibrated() && representative.isEmpty()) {
      throw new JobException(
          FailureReason.PLAN_INVALID,
          (int8 ? "--int8" : "--scheme")
              + " needs --representative FILE: samples that calibrate the activation ranges");
    }
    if (!quantizes && !quantization.given().isEmpty()) {
      throw new JobException(
          FailureReason.PLAN_INVALID,
          String.join(", ", quantization.given())
              + ": says how INT8 is made, but none is asked for (add --int8, or leave it out)");
    }
    KerasModel read = UnknownShape.read(source, resolved.preprocessing(), this::samples);
    ModelMetadata metadata =
        new ModelMetadata(
            Engine.VERSION,
            resolved.digest(),
            FileLosses.unsaid(read),
            Optional.of(new Usage(resolved.preprocessing(), List.of(), Optional.empty())));
    Lowered lowered = Lowered.of(read.graph());
    if (quantizes) {
      lowered.requireQuantizable(how);
    }
    TfliteModel fp32 = lowered.float32(metadata);
    read.channelsFirst()
        .remarks(read.graph())
        .forEach(r -> spec.commandLine().getErr().println("warning: " + r));
    Expected expected =
        Expected.inputsOf(read.graph()).channelsFirst(read.channelsFirst().inputs(), Set.of());
    Optional<Dataset> set = representative.map(file -> open(file, expected));
    set.ifPresent(
        s -> s.remarks().forEach(r -> spec.commandLine().getErr().println("warning: " + r)));
    try {
      ArtifactCheck check = new ArtifactCheck(FewSamples.of(read.graph(), set), threads);
      try (Predictor network = TensorFlowPredictor.open(read.graph(), threads)) {
        check.equal(fp32, network);
      }
      write("fp32.tflite", fp32::writeTo);
      Optional<Calibration> calibration =
          quantizes && how.calibrated()
              ? Optional.of(calibrate(lowered, fp32, set.orElseThrow(), resolved))
              : Optional.empty();
      Optional<RoundedNetwork> fourBits =
          quantizes && how.fourBits()
              ? Optional.of(
                  RoundedNetwork.of(
                      read.graph(),
                      how,
                      set.orElseThrow(),
                      resolved.representative().samples(),
                      threads,
                      () -> false))
              : Optional.empty();
      for (Scheme scheme : quantizes ? how.schemes() : List.<Scheme>of()) {
        TfliteModel quantized =
            how.fourBits(scheme)
                ? fourBits.orElseThrow().file(scheme, how, metadata)
                : lowered.quantized(scheme, calibration, how, metadata);
        check.resembles(quantized, fp32);
        write(scheme.file(), quantized::writeTo);
      }
      format.ifPresent(
          f ->
              write(
                  "model" + f.extension(),
                  file -> {
                    Graph again = KerasWriter.write(read, read.graph(), file, f);
                    new KerasFileCheck(check.inputs(), threads).equal(file, again, read.graph());
                  }));
    } finally {
      set.ifPresent(Dataset::close);
    }
    report();
    return ExitCode.DONE;
  }

  /** The plan of which only preprocessing and quantization matter here. */
  private Plan plan() {
    ObjectNode document = new ObjectMapper().createObjectNode();
    preprocessing.into(document.putObject("preprocessing"));
    ObjectNode how = document.putObject("quantization");
    quantization.into(how, document.putObject("representative"));
    if (int8 && !quantization.schemes.isEmpty() && !quantization.schemes.contains("int8")) {
      how.withArray("/scheme").add("int8");
    }
    return Plan.read(document);
  }

  private static KerasFormat format(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "h5" -> KerasFormat.H5;
      case "keras" -> KerasFormat.KERAS;
      default -> throw new JobException(FailureReason.PLAN_INVALID, "--keras: must be h5 or keras");
    };
  }

  private Optional<Dataset> samples() {
    return representative.map(file -> open(file, Expected.ANYTHING));
  }

  private Dataset open(Path file, Expected expected) {
    return Datasets.open(
        file,
        Part.TRAIN,
        preprocessing.preprocessing(),
        expected,
        reading.options().withProgress(new ReadLine(spec.commandLine().getErr())));
  }

  private Calibration calibrate(Lowered lowered, TfliteModel fp32, Dataset set, Plan resolved) {
    Calibration calibration =
        new Calibrator(threads)
            .calibrate(lowered, fp32, set, resolved.representative().samples(), () -> false);
    PrintWriter err = spec.commandLine().getErr();
    calibration.warnings().forEach(warning -> err.println("warning: " + warning));
    return calibration;
  }

  private interface FileWriter {
    void write(Path file) throws IOException;
  }

  /** Beside first, then moved. */
  private void write(String name, FileWriter writer) {
    try {
      Files.createDirectories(out);
      Path beside = out.resolve("." + name + ".part");
      try {
        writer.write(beside);
        Files.move(
            beside,
            out.resolve(name),
            StandardCopyOption.ATOMIC_MOVE,
            StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(beside);
      }
      files.put(name, Files.size(out.resolve(name)));
    } catch (IOException e) {
      throw Failures.unwritable(out.resolve(name), e);
    }
  }

  private void report() {
    PrintWriter terminal = spec.commandLine().getOut();
    if (output.json) {
      terminal.println(files.toPrettyString());
    } else if (!output.quiet) {
      files
          .fields()
          .forEachRemaining(
              f ->
                  terminal.printf(
                      Locale.ROOT,
                      "%s %,d bytes%n",
                      out.resolve(f.getKey()),
                      f.getValue().asLong()));
    }
    terminal.flush();
  }
}
