package dev.secateur.report;

import dev.secateur.result.Searched;
import java.util.List;
import java.util.Map;
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
    List<Dot> dots =
        search.trials().stream()
            .filter(t -> search.size(t).isPresent() && search.value(t).isPresent())
            .map(t -> new Dot(t, search.size(t).orElseThrow(), search.value(t).orElseThrow()))
            .toList();
    return Html.format(
        "<p>%s</p>\n%s%s<p class=\"soft\">%s</p>\n",
        Html.escape(sentence()), dots.isEmpty() ? "" : svg(dots), table(), Html.escape(remark()));
  }

  private String sentence() {
    return Html.format(
        "Trial %d of %d is the best by %s; decided on %,d samples that were held out, by their %s.",
        search.best(),
        search.trials().size(),
        search.sizeName(),
        search.heldOut(),
        search.measureName());
  }

  private String remark() {
    String optimism =
        search
            .optimism()
            .map(
                o ->
                    Html.format(
                        "On the held-out samples its %s was worse than the original's by %s, on the"
                            + " evaluation set by %s. ",
                        search.measureName(),
                        search.difference(o.heldOut()),
                        search.difference(o.evaluation())))
            .orElse("");
    String refused =
        search.refused().isEmpty()
            ? ""
            : Html.format(
                "The evaluation set refused what is smaller and was chosen first: trial %s. ",
                search.refused().stream().map(String::valueOf).collect(Collectors.joining(", ")));
    String unmade =
        search
            .unmade()
            .map(
                u ->
                    Html.format(
                        "It refused this one too; what was to follow, trial %d, could not be"
                            + " made: %s. ",
                        u.trial(), Html.escape(u.reason())))
            .orElse("");
    return optimism
        + refused
        + unmade
        + Html.format(
            "All trials took %.1f minutes of threads. Another trial is made by its plan, which"
                + " stands in report.json.",
            search.processorSeconds() / 60);
  }

  private String svg(List<Dot> dots) {
    Axis across = Axis.of(dots.stream().map(Dot::x).toList(), LEFT, RIGHT);
    Axis upwards = Axis.of(dots.stream().map(Dot::y).toList(), BOTTOM, TOP);
    StringBuilder svg = new StringBuilder();
    svg.append(
        Html.format(
            "<svg class=\"front\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s by %s\">\n",
            WIDTH, HEIGHT, Html.escape(search.measureName()), search.sizeName()));
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
              Html.escape(search.text(value))));
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
            search.sizeName(),
            RIGHT,
            BOTTOM + 22,
            across.to()));
    svg.append(front(dots, across, upwards));
    dots.forEach(dot -> svg.append(circle(dot, across, upwards)));
    return svg.append("</svg>\n").toString();
  }

  private String front(List<Dot> dots, Axis across, Axis upwards) {
    Map<Integer, Dot> byNumber =
        dots.stream().collect(Collectors.toMap(d -> d.trial().trial(), d -> d));
    String points =
        search.bySize().stream()
            .map(t -> byNumber.get(t.trial()))
            .map(d -> Html.format("%.1f,%.1f", across.at(d.x()), upwards.at(d.y())))
            .collect(Collectors.joining(" "));
    return "<polyline class=\"one\" points=\"" + points + "\"/>\n";
  }

  private String circle(Dot dot, Axis across, Axis upwards) {
    Searched.Tried trial = dot.trial();
    boolean best = trial.trial() == search.best();
    return Html.format(
        "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%d\"><title>%s</title></circle>\n",
        trial.ended(),
        across.at(dot.x()),
        upwards.at(dot.y()),
        best ? 8 : 5,
        Html.escape(
            Html.format(
                "trial %d%s: %s; %s %s, %,.0f %s; %s",
                trial.trial(),
                best ? ", the best" : "",
                what(trial),
                search.measureName(),
                search.text(dot.y()),
                dot.x(),
                search.sizeName(),
                trial.ended())));
  }

  private static String what(Searched.Tried trial) {
    return Html.format(
        "%.0f %% zeros, %.0f %% gone with channels, %s, %s",
        100 * trial.sparsity(),
        100 * trial.channels(),
        trial.scheme(),
        trial.epochs() == 0 ? "untrained" : trial.epochs() + " epochs");
  }

  /** The front, and what each of its trials did. */
  private String table() {
    StringBuilder rows = new StringBuilder();
    for (Searched.Tried trial : search.bySize()) {
      rows.append(
          Html.format(
              "<tr><td>%d</td><td>%s</td><td>%s</td><td>%,.0f</td><td>%s</td></tr>\n",
              trial.trial(),
              Html.escape(what(trial)),
              Html.escape(search.value(trial).map(search::text).orElse("–")),
              search.size(trial).orElse(0.0),
              trial.ended()));
    }
    return Html.format(
        "<div class=\"scroll\"><table><tr><th>trial</th><th>what it did</th><th>%s</th><th>%s</th>"
            + "<th>acceptance</th></tr>\n%s</table></div>\n",
        Html.escape(search.measureName()), search.sizeName(), rows);
  }
}
