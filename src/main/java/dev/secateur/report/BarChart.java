package dev.secateur.report;

import java.util.List;

/** Horizontal bars in plain HTML, so that their labels wrap and scale with the page. */
record BarChart(List<Bar> bars) {
  /** Of the width that a bar and its value share. */
  private static final double WIDEST = 62;

  /**
   * @param length in the chart's own unit
   * @param value as it reads
   */
  record Bar(String name, double length, String value) {}

  String html(double longest) {
    StringBuilder html = new StringBuilder("<div class=\"bars\">\n");
    for (Bar bar : bars) {
      double width = longest > 0 ? WIDEST * bar.length() / longest : 0;
      html.append(
          Html.format(
              "<label title=\"%s\">%s</label><div><i style=\"width:%.2f%%\"></i><em>%s</em></div>\n",
              Html.escape(bar.name()), Html.escape(bar.name()), width, Html.escape(bar.value())));
    }
    return html.append("</div>\n").toString();
  }
}
