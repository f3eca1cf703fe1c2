package dev.secateur.cli;

import dev.secateur.plan.Measure;
import dev.secateur.plan.Task;
import dev.secateur.result.JobResult;
import dev.secateur.result.MeasureText;
import dev.secateur.result.Narrowed;
import dev.secateur.result.Outcome;
import dev.secateur.result.Variant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The comparison of the variants at the end of a run. */
final class ResultTable {
  private static final double MICROS = 1e3;
  private static final double MILLIONS = 1e6;

  /** Layers whose errors are told. */
  private static final int WORST = 5;

  private ResultTable() {}

  static String of(JobResult result) {
    StringBuilder text = new StringBuilder();
    Variant original = result.variants().get(0);
    Optional<Variant.Output> only =
        original.outputs().values().stream().filter(o -> original.outputs().size() == 1).findAny();
    Optional<Measure> foremost = only.flatMap(ResultTable::foremost);
    boolean numbers = only.filter(o -> o.measure(Measure.RELATIVE_ERROR).isPresent()).isPresent();
    Measure likeness = numbers ? Measure.RELATIVE_ERROR : Measure.AGREEMENT;
    line(
        text,
        "%n%-12s %12s %12s %8s %9s %10s %9s %11s %9s %10s %4s",
        "variant",
        "bytes",
        "zipped",
        "size",
        foremost.map(MeasureText::name).orElse("measure"),
        numbers ? "rel. error" : "agreement",
        "sparsity",
        "latency",
        "MACs",
        "memory",
        "ops");
    for (Variant variant : result.variants()) {
      line(
          text,
          "%-12s %,12d %,12d %7.1f%% %9s %10s %8.1f%% %8.3f ms %7.1f M %10s %4s",
          variant.name(),
          variant.bytes(),
          variant.zippedBytes(),
          100.0 * variant.zippedBytes() / original.zippedBytes(),
          foremost.map(m -> value(variant.measures(), m)).orElse("-"),
          value(variant.measures(), likeness),
          100 * variant.sparsity(),
          variant.latencyMicros().median() / MICROS,
          variant.macs() / MILLIONS,
          variant.activationBytes().map(b -> String.format(Locale.ROOT, "%,d", b)).orElse("-"),
          variant.operators().isEmpty() ? "-" : variant.operators().size());
    }
    line(
        text, "size: zipped, beside the original zipped; latency: median of one sample at a time;");
    line(text, "memory: bytes of the values between operators, as TFLite Micro plans it");
    if (only.isEmpty()) {
      outputs(text, result.variants());
    }
    result.channels().ifPresent(channels -> channels(text, result.layers(), channels));
    result.layerErrors().forEach((variant, errors) -> line(text, "%s", worst(variant, errors)));
    List<String> warnings = result.warnings();
    warnings.forEach(warning -> line(text, "warning: %s", warning));
    line(
        text,
        "%n%s: %s",
        result.outcome() == Outcome.ACCEPTED ? "ACCEPTED" : "REJECTED",
        result.reason());
    line(text, "%s", result.directory().resolve("report.html"));
    return text.toString();
  }

  private static String worst(String variant, List<JobResult.LayerError> errors) {
    return variant
        + ", worst layers, error in steps (rounding alone: 0.29): "
        + errors.stream()
            .limit(WORST)
            .map(e -> String.format(Locale.ROOT, "%s %.2f", e.layer(), e.error()))
            .collect(Collectors.joining(", "));
  }

  /** The first of the task's measures that could be told; without targets, there is none. */
  private static Optional<Measure> foremost(Variant.Output output) {
    return output.task() == Task.IMITATION
        ? Optional.empty()
        : output.task().measures().stream().filter(m -> output.measure(m).isPresent()).findFirst();
  }

  /** A line for each output's measures, a column for each variant. */
  private static void outputs(StringBuilder text, List<Variant> variants) {
    StringBuilder head = new StringBuilder();
    variants.forEach(v -> head.append(String.format(Locale.ROOT, " %12s", v.name())));
    line(text, "%n%-24s %-18s%s", "output", "measure", head);
    variants
        .get(0)
        .outputs()
        .forEach(
            (name, output) ->
                output
                    .measures()
                    .keySet()
                    .forEach(
                        measure -> {
                          StringBuilder cells = new StringBuilder();
                          for (Variant variant : variants) {
                            cells.append(
                                String.format(
                                    Locale.ROOT,
                                    " %12s",
                                    value(variant.outputs().get(name).measures(), measure)));
                          }
                          line(text, "%-24s %-18s%s", name, MeasureText.name(measure), cells);
                        }));
  }

  /** A line for each layer that has become smaller, and one for all. */
  private static void channels(
      StringBuilder text, List<JobResult.Layer> layers, Narrowed channels) {
    line(text, "%n%-32s %16s %30s", "layer", "channels", "multiplications a sample");
    for (JobResult.Layer layer : layers) {
      layer
          .channels()
          .filter(c -> c.macs().removed() > 0)
          .ifPresent(
              c ->
                  line(
                      text,
                      "%-32s %6d to %6d %,14d to %,12d",
                      layer.name(),
                      c.outputs().before(),
                      c.outputs().after(),
                      c.macs().before(),
                      c.macs().after()));
    }
    line(
        text,
        "removed: %.1f %% of the multiplications, %.1f %% of the weights, %.1f %% of the"
            + " activations held at once",
        100 * channels.macs().removed(),
        100 * channels.weights().removed(),
        100 * channels.memory().removed());
  }

  private static String value(Map<Measure, Double> measures, Measure measure) {
    return measures.containsKey(measure)
        ? MeasureText.value(measure, measures.get(measure)).replace(" %", "%")
        : "-";
  }

  private static void line(StringBuilder text, String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append(System.lineSeparator());
  }
}
