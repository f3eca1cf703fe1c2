package dev.secateur.report;

import java.util.List;

/**
 * A confusion matrix as a table: rows true, columns predicted, darker for a larger part of the row.
 *
 * @param names of the classes; empty for their numbers
 */
record ConfusionTable(List<List<Integer>> counts, List<String> names) {
  String html() {
    StringBuilder html = new StringBuilder("<div class=\"scroll\"><table class=\"confusion\"><tr>");
    html.append("<th>true ↓ predicted →</th>");
    for (int i = 0; i < counts.size(); i++) {
      html.append("<th>").append(Html.escape(name(i))).append("</th>");
    }
    html.append("</tr>\n");
    for (int row = 0; row < counts.size(); row++) {
      html.append("<tr><th>").append(Html.escape(name(row))).append("</th>");
      int total = Math.max(counts.get(row).stream().mapToInt(Integer::intValue).sum(), 1);
      for (int column = 0; column < counts.size(); column++) {
        int count = counts.get(row).get(column);
        html.append(
            Html.format(
                "<td%s style=\"--v:%.3f\">%s</td>",
                row == column ? " class=\"right\"" : "",
                (double) count / total,
                count == 0 ? "" : Integer.toString(count)));
      }
      html.append("</tr>\n");
    }
    return html.append("</table></div>\n").toString();
  }

  private String name(int index) {
    return index < names.size() ? names.get(index) : Integer.toString(index);
  }
}
