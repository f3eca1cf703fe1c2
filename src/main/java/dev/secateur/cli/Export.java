package dev.secateur.cli;

import dev.secateur.job.Failures;
import dev.secateur.job.JobException;
import dev.secateur.result.FailureReason;
import dev.secateur.tflite.Device;
import dev.secateur.tflite.MicroSources;
import dev.secateur.tflite.TfliteFootprint;
import dev.secateur.tflite.TfliteInterpreter;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
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
    name = "export",
    description =
        "Writes a TFLite file as sources for a microcontroller, and says what it takes there.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class Export implements Callable<Integer> {
  @Spec CommandSpec spec;

  @Parameters(paramLabel = "MODEL.tflite", description = "A TFLite file.")
  Place modelAt;

  @Option(
      names = "--c-array",
      description =
          "For TFLite Micro: the model as a C array, and a MicroMutableOpResolver with the"
              + " operators that it needs.")
  boolean array;

  @Option(
      names = {"--output", "--out"},
      required = true,
      paramLabel = "DIR",
      description = "Receives the sources, named after the model.")
  Path out;

  @Option(names = "--name", paramLabel = "NAME", description = "In place of the model's own.")
  Optional<String> name;

  @Option(names = "--device", paramLabel = "NAME", description = DeviceNames.DESCRIPTION)
  Optional<String> device;

  @Mixin StoreOptions stores;

  private Path model;

  @Override
  public Integer call() {
    if (!array) {
      throw new JobException(
          FailureReason.PLAN_INVALID, "export: says nothing of what is wanted (add --c-array)");
    }
    Optional<Device> bounds = device.map(DeviceNames::device);
    try (LocalFiles files = new LocalFiles(stores, spec.commandLine().getErr())) {
      model = files.model("MODEL", modelAt);
      return export(bounds);
    }
  }

  private int export(Optional<Device> bounds) {
    // Whatever it reads below has passed the runtime's verifier.
    TfliteInterpreter.open(model, 1).close();
    TfliteFootprint footprint = TfliteFootprint.of(model);
    List<String> misfits = bounds.map(d -> d.misfits(footprint)).orElse(List.of());
    PrintWriter err = spec.commandLine().getErr();
    misfits.forEach(why -> err.println("does not fit: " + why));
    err.flush();
    if (!misfits.isEmpty()) {
      return ExitCode.NOT_ACCEPTED;
    }
    write(footprint);
    return ExitCode.DONE;
  }

  private void write(TfliteFootprint footprint) {
    PrintWriter terminal = spec.commandLine().getOut();
    try {
      Map<String, String> sources =
          MicroSources.of(name.orElseGet(this::stem), Files.readAllBytes(model), footprint);
      Files.createDirectories(out);
      for (Map.Entry<String, String> source : sources.entrySet()) {
        Path file = out.resolve(source.getKey());
        Files.writeString(file, source.getValue(), StandardCharsets.UTF_8);
        terminal.println(file);
      }
    } catch (IOException e) {
      throw Failures.unwritable(out, e);
    }
    terminal.printf(
        Locale.ROOT,
        "%,d bytes of model, %,d bytes of activations, %d operators: %s%n",
        footprint.bytes(),
        footprint.activationBytes(),
        footprint.distinctOperators().size(),
        String.join(", ", footprint.distinctOperators()));
    terminal.flush();
  }

  private String stem() {
    String file = model.getFileName().toString();
    int dot = file.lastIndexOf('.');
    return dot > 0 ? file.substring(0, dot) : file;
  }
}
