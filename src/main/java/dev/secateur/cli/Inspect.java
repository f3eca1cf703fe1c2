package dev.secateur.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Shape;
import dev.secateur.graph.Weight;
import dev.secateur.job.JobException;
import dev.secateur.job.LayerSummary;
import dev.secateur.job.UnknownShape;
import dev.secateur.keras.KerasException;
import dev.secateur.keras.KerasModel;
import dev.secateur.keras.KerasSource;
import dev.secateur.keras.file.KerasFormat;
import dev.secateur.keras.refusal.Reason;
import dev.secateur.plan.Preprocessing;
import dev.secateur.result.Engine;
import dev.secateur.result.FailureReason;
import dev.secateur.tflite.Device;
import dev.secateur.tflite.ModelMetadata;
import dev.secateur.tflite.TfliteCompiler;
import dev.secateur.tflite.TfliteException;
import dev.secateur.tflite.TfliteFootprint;
import dev.secateur.tflite.TfliteInterpreter;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
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
    name = "inspect",
    description =
        "Shows layers, shapes, parameters and sparsity; what would be pruned; what cannot"
            + " be converted and why. Of a TFLite file: what it takes of a device.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class Inspect implements Callable<Integer> {
  @Spec CommandSpec spec;

  @Parameters(paramLabel = "MODEL", description = ModelKinds.ALL)
  Place modelAt;

  @Option(
      names = "--input-shape",
      paramLabel = "N",
      split = ",",
      description = "Of one sample, for a model that leaves it open.")
  List<Integer> inputShape = List.of();

  @Option(
      names = "--device",
      paramLabel = "NAME",
      description = "For a TFLite file. " + DeviceNames.DESCRIPTION)
  Optional<String> device;

  @Mixin ModelOptions modelOptions;

  @Mixin OutputOptions output;

  @Mixin StoreOptions stores;

  private Path model;

  private final ObjectNode json = new ObjectMapper().createObjectNode();

  @Override
  public Integer call() {
    try (LocalFiles files = new LocalFiles(stores, spec.commandLine().getErr())) {
      model = files.model("MODEL", modelAt);
      if (TfliteFootprint.isTflite(model)) {
        return inspectFile();
      }
      device.ifPresent(
          d -> {
            throw new JobException(
                FailureReason.PLAN_INVALID,
                "--device: only a TFLite file can be held against a device, and "
                    + model
                    + " is none (convert it first)");
          });
      return inspect(modelOptions.source(model, files));
    }
  }

  private int inspect(KerasSource source) {
    try {
      KerasModel read =
          UnknownShape.read(source, Preprocessing.NONE.withInputShape(inputShape), Optional::empty);
      describe(read);
      List<String> problems = conversionProblems(read.graph());
      problems.forEach(json.putArray("problems")::add);
      print(read);
      return problems.isEmpty() ? ExitCode.DONE : ExitCode.INPUT;
    } catch (KerasException e) {
      refuse(e);
      return ExitCode.INPUT;
    }
  }

  private int inspectFile() {
    Optional<Device> bounds = device.map(DeviceNames::device);
    TfliteInterpreter.open(model, 1).close();
    TfliteFootprint footprint = TfliteFootprint.of(model);
    List<String> misfits = bounds.map(d -> d.misfits(footprint)).orElse(List.of());
    json.put("file", model.getFileName().toString());
    json.put("format", "TFLite");
    json.put("bytes", footprint.bytes());
    json.put("activationBytes", footprint.activationBytes());
    footprint.distinctOperators().forEach(json.putArray("operators")::add);
    misfits.forEach(json.putArray("misfits")::add);
    PrintWriter out = spec.commandLine().getOut();
    if (output.json) {
      out.println(json.toPrettyString());
    } else {
      line(out, "%s: a TFLite file of %,d bytes", model, footprint.bytes());
      line(
          out,
          "activations take %,d bytes, most at %s, where %s takes %,d",
          footprint.activationBytes(),
          footprint.peak().operator(),
          footprint.peak().tensor().name(),
          footprint.peak().tensor().bytes());
      line(
          out,
          "%d operators: %s",
          footprint.distinctOperators().size(),
          String.join(", ", footprint.distinctOperators()));
      misfits.forEach(why -> line(out, "does not fit: %s", why));
    }
    out.flush();
    return misfits.isEmpty() ? ExitCode.DONE : ExitCode.NOT_ACCEPTED;
  }

  private static List<String> conversionProblems(Graph graph) {
    List<String> problems = new ArrayList<>();
    try {
      TfliteCompiler.float32(graph, new ModelMetadata(Engine.VERSION, ""));
    } catch (TfliteException e) {
      problems.add(e.getMessage());
    }
    return problems;
  }

  private void describe(KerasModel read) {
    Graph graph = read.graph();
    json.put("file", model.getFileName().toString());
    json.put("format", kind(read));
    json.put("kerasVersion", read.kerasVersion());
    json.put("parameters", graph.parameters());
    json.put(
        "prunableParameters", graph.prunable().stream().mapToLong(w -> w.shape().size()).sum());
    ArrayNode inputs = json.putArray("inputs");
    graph.inputs().forEach(i -> inputs.add(i.name() + " " + i.shape()));
    Map<String, Shape> shapes = graph.shapes();
    ArrayNode outputs = json.putArray("outputs");
    graph.outputs().forEach(o -> outputs.add(o.name() + " " + shapes.get(o.value())));
    List<String> remarks = read.channelsFirst().remarks(graph);
    if (!remarks.isEmpty()) {
      remarks.forEach(json.putArray("remarks")::add);
    }
    ArrayNode layers = json.putArray("layers");
    for (LayerSummary layer : LayerSummary.of(graph)) {
      layers
          .addObject()
          .put("name", layer.name())
          .put("type", layer.type())
          .put("output", layer.output().map(Shape::toString).orElse(""))
          .put("parameters", layer.parameters())
          .put("prunable", layer.prunable().isPresent())
          .put("sparsity", layer.prunable().map(Weight::value).map(v -> v.sparsity()).orElse(0.0));
    }
  }

  private void print(KerasModel read) {
    PrintWriter out = spec.commandLine().getOut();
    if (output.json) {
      out.println(json.toPrettyString());
    } else {
      text(out, read);
    }
    out.flush();
  }

  private void text(PrintWriter out, KerasModel read) {
    line(out, "%s: Keras %s (%s)", modelAt, read.kerasVersion(), kind(read));
    line(out, "inputs   %s", names(json.withArray("inputs")));
    line(out, "outputs  %s", names(json.withArray("outputs")));
    read.channelsFirst().remarks(read.graph()).forEach(r -> line(out, "remark   %s", r));
    line(out, "%n%-36s %-24s %-18s %12s %8s", "layer", "type", "output", "parameters", "sparsity");
    json.withArray("layers")
        .forEach(
            l ->
                line(
                    out,
                    "%-36s %-24s %-18s %,12d %8s",
                    l.get("name").asText(),
                    l.get("type").asText(),
                    l.get("output").asText(),
                    l.get("parameters").asLong(),
                    l.get("prunable").asBoolean()
                        ? String.format(Locale.ROOT, "%.1f%%", 100 * l.get("sparsity").asDouble())
                        : ""));
    line(
        out,
        "%n%,d parameters; %,d of them would be pruned: the layers with a sparsity",
        json.get("parameters").asLong(),
        json.get("prunableParameters").asLong());
    json.withArray("problems").forEach(p -> line(out, "cannot be converted: %s", p.asText()));
  }

  /** As the ending of its name, where there is one. */
  private static String kind(KerasModel read) {
    return read.format() == KerasFormat.SAVED_MODEL ? "SavedModel" : read.format().extension();
  }

  private static String names(ArrayNode values) {
    List<String> names = new ArrayList<>();
    values.forEach(v -> names.add(v.asText()));
    return String.join(", ", names);
  }

  private void refuse(KerasException e) {
    PrintWriter out = spec.commandLine().getOut();
    json.put("file", model.getFileName().toString());
    ArrayNode reasons = json.putArray("problems");
    for (Reason reason : e.reasons()) {
      reasons
          .addObject()
          .put("kind", reason.kind().name().toLowerCase(Locale.ROOT).replace('_', '-'))
          .put("place", reason.place())
          .put("message", reason.message())
          .put("remedy", reason.remedy());
    }
    Optional<String> next = NextCommand.of(modelAt.text(), e.reasons());
    next.ifPresent(command -> json.put("try", command));
    if (output.json) {
      out.println(json.toPrettyString());
      out.flush();
      return;
    }
    PrintWriter err = spec.commandLine().getErr();
    line(err, "secateur: %s is refused:", modelAt);
    e.reasons().forEach(reason -> line(err, "  %s", reason));
    next.ifPresent(command -> line(err, "try: %s", command));
    err.flush();
  }

  private static void line(PrintWriter out, String format, Object... values) {
    out.println(String.format(Locale.ROOT, format, values));
  }
}
