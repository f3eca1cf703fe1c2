package dev.secateur.cli;

import dev.secateur.result.JobResult;
import dev.secateur.result.Outcome;
import dev.secateur.result.Variant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The comparison of the variants at the end of a run. */
final class ResultTable {
  private static final double MICROS = 1e3;

  private ResultTable() {}

  static String of(JobResult result) {
    StringBuilder text = new StringBuilder();
    boolean accuracy = result.variant("original").top1().isPresent();
    line(
        text,
        "%n%-9s %12s %12s %8s %9s %10s %9s %11s",
        "variant",
        "bytes",
        "zipped",
        "size",
        accuracy ? "top-1" : "loss",
        "agreement",
        "sparsity",
        "latency");
    long zipped = result.variant("original").zippedBytes();
    for (Variant variant : result.variants()) {
      line(
          text,
          "%-9s %,12d %,12d %7.1f%% %9s %10s %8.1f%% %8.3f ms",
          variant.name(),
          variant.bytes(),
          variant.zippedBytes(),
          100.0 * variant.zippedBytes() / zipped,
          accuracy ? percent(variant.top1()) : number(variant.loss()),
          percent(variant.agreementWithOriginal()),
          100 * variant.sparsity(),
          variant.latencyMicros().median() / MICROS);
    }
    line(text, "size: zipped, beside the original zipped; latency: median of one sample at a time");
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

  private static String percent(Optional<Double> fraction) {
    return fraction.map(f -> String.format(Locale.ROOT, "%.2f%%", 100 * f)).orElse("-");
  }

  private static String number(Optional<Double> value) {
    return value.map(v -> String.format(Locale.ROOT, "%.4g", v)).orElse("-");
  }

  private static void line(StringBuilder text, String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append(System.lineSeparator());
  }
}
