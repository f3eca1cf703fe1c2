package dev.secateur.report;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A small line chart as SVG: one or two series over one horizontal axis that starts at zero.
 *
 * @param unit after each number on the vertical axis
 * @param horizontal what the horizontal axis counts
 */
record LineChart(String unit, String horizontal, List<Series> series) {
  private static final int WIDTH = 360;
  private static final int HEIGHT = 190;
  private static final int LEFT = 54;
  private static final int RIGHT = 350;
  private static final int TOP = 12;
  private static final int BOTTOM = 158;
  private static final int LINES = 4;

  /** A point a sample, by its horizontal position. */
  record Series(String name, List<Point> points) {}

  record Point(double x, double y) {}

  LineChart {
    series = series.stream().filter(s -> !s.points().isEmpty()).toList();
  }

  boolean isEmpty() {
    return series.isEmpty();
  }

  String svg() {
    double right =
        series.stream().flatMap(s -> s.points().stream()).mapToDouble(Point::x).max().orElse(1);
    double highest =
        series.stream().flatMap(s -> s.points().stream()).mapToDouble(Point::y).max().orElse(1);
    double top = niceCeiling(highest);
    StringBuilder svg = new StringBuilder();
    svg.append(
        Html.format(
            "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n",
            WIDTH, HEIGHT, Html.escape(description())));
    for (int i = 0; i <= LINES; i++) {
      double value = top * i / LINES;
      double y = BOTTOM - (BOTTOM - TOP) * (double) i / LINES;
      svg.append(
          Html.format(
              "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
                  + "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s%s</text>\n",
              LEFT, RIGHT, y, y, LEFT - 6, y + 5, number(value), Html.escape(unit)));
    }
    svg.append(
        Html.format(
            "<text x=\"%d\" y=\"%d\">0</text>"
                + "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s %s</text>\n",
            LEFT, BOTTOM + 20, RIGHT, BOTTOM + 20, Html.escape(horizontal), number(right)));
    for (int i = 0; i < series.size(); i++) {
      svg.append(line(series.get(i), i == 0 ? "one" : "two", right, top));
    }
    return svg.append("</svg>\n").append(legend()).toString();
  }

  private static String line(Series line, String style, double right, double top) {
    String points =
        line.points().stream()
            .map(p -> Html.format("%.1f,%.1f", x(p, right), y(p, top)))
            .collect(Collectors.joining(" "));
    StringBuilder svg =
        new StringBuilder("<polyline class=\"" + style + "\" points=\"" + points + "\"/>\n");
    if (line.points().size() <= 20) {
      for (Point p : line.points()) {
        svg.append(
            Html.format(
                "<circle class=\"dot-%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"><title>%s %s</title>"
                    + "</circle>\n",
                style, x(p, right), y(p, top), Html.escape(line.name()), number(p.y())));
      }
    }
    return svg.toString();
  }

  private static double x(Point point, double right) {
    return LEFT + (RIGHT - LEFT) * (right == 0 ? 0 : point.x() / right);
  }

  private static double y(Point point, double top) {
    return BOTTOM - (BOTTOM - TOP) * point.y() / top;
  }

  private String description() {
    return series.stream().map(Series::name).collect(Collectors.joining(" and "))
        + " by "
        + horizontal;
  }

  private String legend() {
    if (series.size() < 2) {
      return "";
    }
    return Html.format(
        "<p class=\"legend\"><b></b>%s <b class=\"two\"></b>%s</p>\n",
        Html.escape(series.get(0).name()), Html.escape(series.get(1).name()));
  }

  /** The next of 1, 2, 4, 5 or 10 times a power of ten that a fourth of which reads well. */
  private static double niceCeiling(double value) {
    if (!(value > 0) || !Double.isFinite(value)) {
      return 1;
    }
    double power = Math.pow(10, Math.floor(Math.log10(value)));
    for (double step : new double[] {1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8}) {
      if (value <= step * power) {
        return step * power;
      }
    }
    return 10 * power;
  }

  private static String number(double value) {
    String text = Html.format("%.4g", value);
    return text.contains(".") && !text.contains("e")
        ? text.replaceAll("0+$", "").replaceAll("\\.$", "")
        : text;
  }
}
