package dev.secateur.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.secateur.result.Engine;
import dev.secateur.result.JobResult;
import dev.secateur.result.Narrowed;
import dev.secateur.result.Outcome;
import dev.secateur.result.ResultJson;
import dev.secateur.result.Variant;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * {@code report.html}: the verdict first, then what it rests on. One file without scripts, that
 * opens offline, light and dark, on a phone too.
 */
final class ReportHtml {
  private static final double MILLIONS = 1e6;

  /** Layers that a chart of errors shows. */
  private static final int WORST = 20;

  private final JobResult result;
  private final JsonNode plan;
  private final Variant original;
  private final Optional<Variant> judged;

  private ReportHtml(JobResult result) {
    this.result = result;
    this.plan = ResultJson.write(result).get("plan");
    this.original = result.variants().get(0);
    this.judged = result.judged();
  }

  static String of(JobResult result) throws IOException {
    return new ReportHtml(result).page();
  }

  private String page() throws IOException {
    String name = Html.escape(result.model().name());
    return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        + "<title>Secateur: "
        + name
        + "</title>\n<style>\n"
        + css()
        + "</style>\n</head>\n<body>\n"
        + verdict(name)
        + tiles()
        + warnings()
        + result
            .search()
            .map(search -> Html.section("The search", new FrontChart(search).html()))
            .orElse("")
        + Html.section("The variants", variants())
        + Html.section("What they are judged by", judgements())
        + pair(Html.section("Sizes, zipped", sizes()), foremost())
        + training()
        + result.channels().map(this::channels).orElse("")
        + Html.section("Sparsity of each pruned layer", layers())
        + errors()
        + confusion()
        + pair(Html.section("Plan, as it ran", plan()), Html.section("Provenance", provenance()))
        + "<footer>Secateur "
        + Engine.VERSION
        + "</footer>\n</body>\n</html>\n";
  }

  private static String css() throws IOException {
    try (InputStream in = ReportHtml.class.getResourceAsStream("/report/report.css")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String pair(String left, String right) {
    return "<div class=\"pair\">\n" + left + right + "</div>\n";
  }

  private String verdict(String name) {
    boolean accepted = result.outcome() == Outcome.ACCEPTED;
    return Html.format(
        "<header>\n<span class=\"verdict %s\">%s</span>\n<h1>%s</h1>\n<p>%s.</p>\n</header>\n",
        accepted ? "accepted" : "rejected",
        accepted ? "✓ accepted" : "✗ rejected",
        name,
        Html.escape(result.reason()));
  }

  private String tiles() {
    return judged.map(this::tiles).orElse("");
  }

  private String tiles(Variant judged) {
    String scheme = Html.escape(judged.name().toUpperCase(Locale.ROOT));
    List<String> tiles = new ArrayList<>();
    double smaller = (double) original.bytes() / judged.bytes();
    tiles.add(
        tile(
            Html.format("%.1f×", smaller), "smaller as " + scheme + " than the file that came in"));
    tiles.add(tile(Html.kibibytes(judged.zippedBytes()), scheme + ", zipped"));
    judged.outputs().forEach((name, output) -> tiles.addAll(tiles(scheme, name, output)));
    tiles.add(tile(Html.percent(judged.sparsity()), "zeros in the " + scheme + " kernels"));
    tiles.add(
        tile(
            Html.format("%.0f µs", judged.latencyMicros().median()),
            "a sample, " + scheme + ", " + result.process().threads() + " threads"));
    return "<div class=\"tiles\">\n" + String.join("", tiles) + "</div>\n";
  }

  /** The foremost measure, and what compares with the original. */
  private static List<String> tiles(String scheme, String name, Variant.Output output) {
    List<String> tiles = new ArrayList<>();
    output.figures().stream()
        .filter(f -> !f.likeness())
        .findFirst()
        .ifPresent(f -> tiles.add(tile(f.text(), scheme + " " + f.name() + ", " + name)));
    output.figures().stream()
        .filter(Variant.Figure::likeness)
        .findFirst()
        .ifPresent(f -> tiles.add(tile(f.text(), f.name() + " with the original, " + name)));
    return tiles;
  }

  private static String tile(String figure, String meaning) {
    return Html.format(
        "<div class=\"tile\"><b>%s</b><span>%s</span></div>\n",
        Html.escape(figure), Html.escape(meaning));
  }

  private String warnings() {
    StringBuilder html = new StringBuilder();
    for (String warning : result.warnings()) {
      html.append(
          Html.format("<section class=\"warning\"><p>%s</p></section>\n", Html.escape(warning)));
    }
    return html.toString();
  }

  private String variants() {
    StringBuilder rows = new StringBuilder();
    for (Variant v : result.variants()) {
      rows.append(
          Html.format(
              "<tr><td>%s</td><td>%,d</td><td>%,d</td><td>%.1f %%</td><td>%s</td><td>%.0f</td>"
                  + "<td>%.0f</td><td>%.2f</td><td>%s</td><td>%s</td></tr>\n",
              Html.escape(v.name()),
              v.bytes(),
              v.zippedBytes(),
              100 * v.sparsity(),
              v.divergence().map(d -> Html.format("%.3g", d)).orElse("–"),
              v.latencyMicros().median(),
              v.latencyMicros().p90(),
              v.macs() / MILLIONS,
              v.activationBytes().map(b -> Html.format("%,d", b)).orElse("–"),
              v.operators().isEmpty()
                  ? "–"
                  : Html.format(
                      "<span title=\"%s\">%d</span>",
                      Html.escape(String.join(", ", v.operators())), v.operators().size())));
    }
    return "<div class=\"scroll\"><table><tr><th>variant</th><th>bytes</th><th>zipped</th>"
        + "<th>sparsity</th><th>divergence</th><th>µs, median</th><th>µs, p90</th>"
        + "<th>million MACs</th><th>memory</th><th>operators</th></tr>\n"
        + rows
        + "</table></div>\n<p class=\"soft\">On "
        + Html.format("%,d", original.samples())
        + " samples. The file that came in may hold an optimizer's state; the others do not."
        + " Divergence is from the original: nats of scores, error over spread of numbers. Latency"
        + " is one sample at a time: Keras files run in TensorFlow, the others in TensorFlow"
        + " Lite. Memory is what the values between the operators take, in bytes, one sample at a"
        + " time, as TensorFlow Lite Micro plans it.</p>\n";
  }

  /** A row for each measure of each output, a column for each variant. */
  private String judgements() {
    StringBuilder html = new StringBuilder("<div class=\"scroll\"><table><tr><th>output</th>");
    html.append("<th>task</th><th>measure</th>");
    result.variants().forEach(v -> html.append("<th>" + Html.escape(v.name()) + "</th>"));
    html.append("</tr>\n");
    original
        .outputs()
        .forEach(
            (name, output) ->
                output.figures().forEach(f -> html.append(judgement(name, output, f.name()))));
    return html.append("</table></div>\n").toString();
  }

  private String judgement(String name, Variant.Output output, String measure) {
    StringBuilder row = new StringBuilder();
    row.append(
        Html.format(
            "<tr><td>%s</td><td>%s</td><td>%s</td>",
            Html.escape(name), Html.escape(output.taskName()), Html.escape(measure)));
    for (Variant variant : result.variants()) {
      String text =
          figure(variant.outputs().get(name), measure).map(Variant.Figure::text).orElse("–");
      row.append("<td>" + Html.escape(text) + "</td>");
    }
    return row.append("</tr>\n").toString();
  }

  private static Optional<Variant.Figure> figure(Variant.Output output, String measure) {
    return output.figures().stream().filter(f -> f.name().equals(measure)).findFirst();
  }

  private String sizes() {
    List<BarChart.Bar> bars =
        result.variants().stream()
            .map(v -> new BarChart.Bar(v.name(), v.zippedBytes(), Html.kibibytes(v.zippedBytes())))
            .toList();
    return new BarChart(bars)
        .html(result.variants().stream().mapToLong(Variant::zippedBytes).max().orElse(1));
  }

  /** The first output's foremost measure, as bars. */
  private String foremost() {
    Map.Entry<String, Variant.Output> first = original.outputs().entrySet().iterator().next();
    return first.getValue().figures().stream()
        .findFirst()
        .map(f -> Html.section(title(f.name()), bars(first.getKey(), f.name())))
        .orElse("");
  }

  private static String title(String name) {
    return Character.toUpperCase(name.charAt(0)) + name.substring(1);
  }

  private String bars(String output, String measure) {
    List<BarChart.Bar> bars = new ArrayList<>();
    for (Variant variant : result.variants()) {
      Optional<Variant.Figure> own = figure(variant.outputs().get(output), measure);
      bars.add(
          new BarChart.Bar(
              variant.name(),
              Math.max(own.map(Variant.Figure::value).orElse(0.0), 0),
              own.map(Variant.Figure::text).orElse("–")));
    }
    double longest = bars.stream().mapToDouble(BarChart.Bar::length).max().orElse(1);
    // Fractions of one are seen beside one.
    boolean fraction = longest <= 1 && longest >= 0.5;
    return new BarChart(bars).html(fraction ? 1 : Math.max(longest, Double.MIN_NORMAL));
  }

  private String training() {
    TrainingCharts charts = new TrainingCharts(result.training());
    String before =
        plan.at("/pruning/method").asText().equals("reconstruct")
            ? "<p class=\"soft\">Pruned first: each layer reconstructed on a few samples.</p>\n"
            : "";
    return before + "<div class=\"pair\">\n" + charts.sections() + "</div>\n";
  }

  private String channels(Narrowed channels) {
    StringBuilder rows = new StringBuilder();
    for (JobResult.Layer layer : result.layers()) {
      layer
          .channels()
          .ifPresent(
              c ->
                  rows.append(
                      fact(
                          layer.name(),
                          Html.format(
                              "%d of %d channels, %,d of %,d multiplications",
                              c.outputs().after(),
                              c.outputs().before(),
                              c.macs().after(),
                              c.macs().before()))));
    }
    return Html.section(
        "Channels removed",
        Html.format(
                "<p class=\"soft\">Asked: %s. Gone: %s of the multiplications, %s of the weights,"
                    + " %s of the activations held at once.</p>\n",
                channels.wish(),
                Html.percent(channels.macs().removed()),
                Html.percent(channels.weights().removed()),
                Html.percent(channels.memory().removed()))
            + facts(rows.toString()));
  }

  private String layers() {
    List<BarChart.Bar> bars =
        result.layers().stream()
            .filter(JobResult.Layer::pruned)
            .map(
                l ->
                    new BarChart.Bar(
                        l.name(),
                        l.sparsity(),
                        Html.format("%.1f %% of %,d", 100 * l.sparsity(), l.parameters())))
            .toList();
    long kept = result.layers().stream().filter(l -> !l.pruned()).count();
    return new BarChart(bars).html(1)
        + Html.format(
            "<p class=\"soft\">Asked: %s. %d layers with weights are not pruned: batch"
                + " normalisations and depthwise kernels.</p>\n",
            Html.percent(plan.at("/pruning/finalSparsity").asDouble()), kept);
  }

  /** Of the variant that decides, or else of the first that has some. */
  private String errors() {
    return result.layerErrors().entrySet().stream()
        .findFirst()
        .map(e -> Html.section("Quantization error, " + e.getKey(), errors(e.getValue())))
        .orElse("");
  }

  private static String errors(List<JobResult.LayerError> errors) {
    List<BarChart.Bar> bars =
        errors.stream()
            .limit(WORST)
            .map(
                e ->
                    new BarChart.Bar(
                        e.layer(),
                        e.error(),
                        Html.format("%.2f %s", e.error(), e.operator().toLowerCase(Locale.ROOT))))
            .toList();
    return new BarChart(bars).html(errors.get(0).error())
        + Html.format(
            "<p class=\"soft\">Of each layer's own result, root mean square, in steps of its"
                + " scale, the worst of %d layers first. Rounding alone leaves 0.29; much more"
                + " means that values lie beyond the calibrated range or that the kernel is"
                + " coarse, and that the layer may do better in float (keepFloat).</p>\n",
            errors.size());
  }

  private String confusion() {
    List<List<Integer>> counts = judged.map(Variant::confusion).orElse(List.of());
    if (counts.isEmpty()) {
      return "";
    }
    List<String> names =
        result.datasets().stream()
            .filter(d -> d.role().equals("evaluation"))
            .findFirst()
            .map(JobResult.Data::classes)
            .orElse(List.of());
    return Html.section(
        "Confusion of " + judged.map(Variant::name).orElse("").toUpperCase(Locale.ROOT),
        new ConfusionTable(counts, names).html());
  }

  private String plan() {
    StringBuilder rows = new StringBuilder();
    for (Map.Entry<String, JsonNode> group : plan.properties()) {
      for (Map.Entry<String, JsonNode> field : group.getValue().properties()) {
        rows.append(fact(group.getKey() + "." + field.getKey(), text(field.getValue())));
      }
    }
    return facts(rows.toString());
  }

  private static String text(JsonNode value) {
    return value.isTextual() ? value.asText() : value.toString();
  }

  private String provenance() {
    StringBuilder rows = new StringBuilder();
    JobResult.Model model = result.model();
    rows.append(fact("model", model.file() + ", Keras " + model.kerasVersion()));
    rows.append(fact("parameters", Html.format("%,d", model.parameters())));
    rows.append(fact("model SHA-256", model.sha256()));
    for (JobResult.Data data : result.datasets()) {
      String samples = Html.format("%,d samples", data.samples());
      if (data.skipped() > 0) {
        samples += Html.format(" (%,d rows that cannot be read were skipped)", data.skipped());
      }
      rows.append(fact(data.role(), data.file() + ", " + samples + ", " + data.sha256()));
    }
    result
        .calibration()
        .ifPresent(
            calibration ->
                rows.append(
                    fact(
                        "calibration",
                        Html.format(
                            "%d samples from %.4g to %.4g, %s",
                            calibration.samples(),
                            calibration.minimum(),
                            calibration.maximum(),
                            calibration.sha256()))));
    for (JobResult.StageTime stage : result.stages()) {
      rows.append(fact(stage.name(), Html.format("%.1f s", stage.seconds())));
    }
    result
        .process()
        .peakMegabytes()
        .ifPresent(peak -> rows.append(fact("peak memory", Html.format("%.0f MiB", peak))));
    rows.append(fact("machine", result.process().machine()));
    rows.append(fact("Java", result.process().java()));
    for (JobResult.Artifact artifact : result.artifacts()) {
      rows.append(fact(artifact.file(), artifact.sha256()));
    }
    return facts(rows.toString());
  }

  private static String facts(String rows) {
    return "<table class=\"facts\">\n" + rows + "</table>\n";
  }

  private static String fact(String name, String value) {
    String breakable = Html.escape(name).replace(".", ".<wbr>");
    return Html.format("<tr><td>%s</td><td>%s</td></tr>\n", breakable, Html.escape(value));
  }
}
