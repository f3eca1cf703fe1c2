package dev.secateur.report;

import dev.secateur.plan.Measure;
import dev.secateur.plan.Search.Objective;
import dev.secateur.result.MeasureText;
import dev.secateur.result.Searched;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A search in the report: each trial a dot, its size to the right and the task's measure upwards,
 * the front joined by a line. A browser shows what a trial did where the pointer rests on its dot.
 */
record FrontChart(Searched search) {
  private static final int WIDTH = 720;
  private static final int HEIGHT = 300;
  private static final int LEFT = 70;
  private static final int RIGHT = 705;
  private static final int TOP = 14;
  private static final int BOTTOM = 250;
  private static final int LINES = 4;

  /** Free room around the outermost dots, as a part of the axis. */
  private static final double MARGIN = 0.06;

  /** A trial's place. */
  private record Dot(Searched.Tried trial, double x, double y) {}

  /** An axis that shows all values. */
  private record Axis(double from, double to, int start, int end) {
    static Axis of(List<Double> values, int start, int end) {
      double least = values.stream().mapToDouble(v -> v).min().orElse(0);
      double most = values.stream().mapToDouble(v -> v).max().orElse(1);
      double room = most > least ? MARGIN * (most - least) : Math.max(Math.abs(most), 1) * MARGIN;
      return new Axis(least - room, most + room, start, end);
    }

    double at(double value) {
      return start + (end - start) * (value - from) / (to - from);
    }
  }

  String html() {
    Measure measure = search.front().isEmpty() ? Measure.LOSS : search.front().get(0).measure();
    List<Dot> dots =
        search.trials().stream()
            .filter(t -> t.figures().filter(f -> objective(f).isPresent()).isPresent())
            .filter(t -> t.figures().orElseThrow().measures().containsKey(measure))
            .map(
                t ->
                    new Dot(
                        t,
                        objective(t.figures().orElseThrow()).orElseThrow(),
                        t.figures().orElseThrow().measures().get(measure)))
            .toList();
    return Html.format(
            "<p>%s</p>\n%s%s<p class=\"soft\">%s</p>\n",
            Html.escape(sentence(measure)),
            dots.isEmpty() ? "" : svg(dots, measure),
            table(measure),
            Html.escape(remark(measure)));
  }

  private String sentence(Measure measure) {
    return Html.format(
        "Trial %d of %d is the best by %s; decided on %,d samples that were held out, by their %s.",
        search.best(),
        search.trials().size(),
        words(search.objective()),
        search.heldOut(),
        MeasureText.name(measure));
  }

  private String remark(Measure measure) {
    String optimism =
        search
            .optimism()
            .map(
                o ->
                    Html.format(
                        "On the held-out samples its %s was worse than the original's by %s, on the"
                            + " evaluation set by %s. ",
                        MeasureText.name(measure),
                        MeasureText.difference(measure, o.heldOut()),
                        MeasureText.difference(measure, o.evaluation())))
            .orElse("");
    return optimism
        + Html.format(
            "All trials took %.1f minutes of threads. Another trial is made by its plan, which"
                + " stands in report.json.",
            search.processorSeconds() / 60);
  }

  static String words(Objective objective) {
    return switch (objective) {
      case BYTES -> "bytes";
      case ZIPPED_BYTES -> "bytes, zipped";
      case MACS -> "multiplications";
      case MEMORY -> "bytes of activations";
      case LATENCY -> "microseconds a sample";
    };
  }

  private Optional<Double> objective(Searched.Figures figures) {
    return switch (search.objective()) {
      case BYTES -> Optional.of((double) figures.bytes());
      case ZIPPED_BYTES -> Optional.of((double) figures.zippedBytes());
      case MACS -> figures.macs().map(Long::doubleValue);
      case MEMORY -> figures.memory().map(Long::doubleValue);
      case LATENCY -> Optional.of(figures.latencyMicros());
    };
  }

  private String svg(List<Dot> dots, Measure measure) {
    Axis across = Axis.of(dots.stream().map(Dot::x).toList(), LEFT, RIGHT);
    Axis upwards = Axis.of(dots.stream().map(Dot::y).toList(), BOTTOM, TOP);
    StringBuilder svg = new StringBuilder();
    svg.append(
        Html.format(
            "<svg class=\"front\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s by %s\">\n",
            WIDTH,
            HEIGHT,
            Html.escape(MeasureText.name(measure)),
            words(search.objective())));
    for (int i = 0; i <= LINES; i++) {
      double value = upwards.from() + (upwards.to() - upwards.from()) * i / LINES;
      svg.append(
          Html.format(
              "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
                  + "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
              LEFT,
              RIGHT,
              upwards.at(value),
              upwards.at(value),
              LEFT - 6,
              upwards.at(value) + 5,
              Html.escape(MeasureText.value(measure, value))));
    }
    svg.append(
        Html.format(
            "<text x=\"%d\" y=\"%d\">%,.0f</text><text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s"
                + "</text><text x=\"%d\" y=\"%d\" text-anchor=\"end\">%,.0f</text>\n",
            LEFT,
            BOTTOM + 22,
            across.from(),
            (LEFT + RIGHT) / 2,
            BOTTOM + 40,
            words(search.objective()),
            RIGHT,
            BOTTOM + 22,
            across.to()));
    svg.append(front(dots, across, upwards));
    dots.forEach(dot -> svg.append(circle(dot, across, upwards, measure)));
    return svg.append("</svg>\n").toString();
  }

  private String front(List<Dot> dots, Axis across, Axis upwards) {
    Map<Integer, Dot> byNumber =
        dots.stream().collect(Collectors.toMap(d -> d.trial().trial(), d -> d));
    String points =
        search.front().stream()
            .filter(f -> f.objectives().contains(search.objective()))
            .map(f -> byNumber.get(f.trial()))
            .map(d -> Html.format("%.1f,%.1f", across.at(d.x()), upwards.at(d.y())))
            .collect(Collectors.joining(" "));
    return "<polyline class=\"one\" points=\"" + points + "\"/>\n";
  }

  private String circle(Dot dot, Axis across, Axis upwards, Measure measure) {
    Searched.Tried trial = dot.trial();
    boolean best = trial.trial() == search.best();
    return Html.format(
        "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%d\"><title>%s</title></circle>\n",
        trial.ending().name().toLowerCase(Locale.ROOT),
        across.at(dot.x()),
        upwards.at(dot.y()),
        best ? 8 : 5,
        Html.escape(
            Html.format(
                "trial %d%s: %s; %s %s, %,.0f %s; %s",
                trial.trial(),
                best ? ", the best" : "",
                what(trial),
                MeasureText.name(measure),
                MeasureText.value(measure, dot.y()),
                dot.x(),
                words(search.objective()),
                trial.ending().name().toLowerCase(Locale.ROOT))));
  }

  private static String what(Searched.Tried trial) {
    return Html.format(
        "%.0f %% zeros, %.0f %% of the work removed with channels, %s, %s",
        100 * trial.sparsity(),
        100 * trial.channels(),
        trial.scheme(),
        trial.epochs() == 0 ? "untrained" : trial.epochs() + " epochs");
  }

  /** The front, and what each of its trials did. */
  private String table(Measure measure) {
    Map<Integer, Searched.Tried> trials =
        search.trials().stream().collect(Collectors.toMap(Searched.Tried::trial, t -> t));
    StringBuilder rows = new StringBuilder();
    Set<Integer> shown =
        search.front().stream()
            .filter(f -> f.objectives().contains(search.objective()))
            .map(Searched.OnFront::trial)
            .collect(Collectors.toSet());
    for (Searched.OnFront point : search.front()) {
      if (shown.contains(point.trial())) {
        rows.append(
            Html.format(
                "<tr><td>%d</td><td>%s</td><td>%s</td><td>%,d</td><td>%,d</td><td>%s</td></tr>\n",
                point.trial(),
                Html.escape(what(trials.get(point.trial()))),
                Html.escape(MeasureText.value(measure, point.measures().get(measure))),
                point.bytes(),
                point.zippedBytes(),
                trials.get(point.trial()).ending().name().toLowerCase(Locale.ROOT)));
      }
    }
    return "<div class=\"scroll\"><table><tr><th>trial</th><th>what it did</th><th>"
        + Html.escape(MeasureText.name(measure))
        + "</th><th>bytes</th><th>zipped</th><th>acceptance</th></tr>\n"
        + rows
        + "</table></div>\n";
  }
}
