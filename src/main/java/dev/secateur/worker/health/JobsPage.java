package dev.secateur.worker.health;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.report.Html;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The orders of the ledger as a page for a browser: complete as it is served, without a script,
 * loaded anew every few seconds. What strangers have named is escaped.
 */
final class JobsPage {
  private static final int RELOAD_SECONDS = 5;
  private static final int SHOWN = 12;

  private static final String STYLE =
      """
      body{font:14px/1.5 system-ui,sans-serif;margin:2rem;color:#1b1f24;background:#fff}
      table{border-collapse:collapse;width:100%}
      th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #d8dee4;vertical-align:top;overflow-wrap:anywhere}
      td.n,th.n{text-align:right}
      code{font-size:12px}
      progress{width:7rem}
      .failed,.expired,.rejected{color:#b42318}
      .accepted{color:#1a7f37}
      bdi{unicode-bidi:isolate}
      """;

  private JobsPage() {}

  /**
   * All that is shown of all orders.
   *
   * @param unsettled in their order
   * @param settled the newest first
   * @param left out of both, for their number
   */
  static ObjectNode list(
      List<ObjectNode> unsettled, List<ObjectNode> settled, int left, List<String> paused) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    ArrayNode names = json.putArray("paused");
    paused.forEach(names::add);
    json.putArray("unsettled").addAll(unsettled);
    json.putArray("settled").addAll(settled);
    json.put("notShown", left);
    return json;
  }

  static String html(ObjectNode list) {
    List<String> parts = new ArrayList<>();
    for (JsonNode name : list.path("paused")) {
      parts.add(
          Html.format(
              "<p class=\"expired\">Paused: <bdi>%s</bdi></p>", Html.escape(name.asText())));
    }
    parts.add("<h2>Running and waiting</h2>");
    parts.add(
        table(
            list.path("unsettled"),
            "<th>order</th><th>model</th><th>state</th><th class=\"n\">place</th><th>progress</th>"
                + "<th class=\"n\">left</th><th>worker</th><th class=\"n\">attempt</th>",
            JobsPage::unsettled));
    parts.add("<h2>Settled</h2>");
    parts.add(
        table(
            list.path("settled"),
            "<th>order</th><th>model</th><th>outcome</th><th>why</th><th>when</th><th>worker</th>",
            JobsPage::settled));
    if (list.path("notShown").asInt() > 0) {
      parts.add(
          Html.format(
              "<p>%d more are not shown; <code>./secateur jobs --limit 0</code> lists all.</p>",
              list.path("notShown").asInt()));
    }
    return page("Orders", String.join("\n", parts));
  }

  /** One order, with its history. */
  static String html(String order, ObjectNode account) {
    StringBuilder rows = new StringBuilder();
    account
        .properties()
        .forEach(
            field -> {
              if (field.getValue().isValueNode()) {
                rows.append(
                    Html.format(
                        "<tr><th>%s</th><td><bdi>%s</bdi></td></tr>\n",
                        Html.escape(field.getKey()), Html.escape(field.getValue().asText())));
              }
            });
    String history =
        table(
            account.path("history"),
            "<th class=\"n\">claim</th><th>worker</th><th>engine</th><th>at</th>"
                + "<th class=\"n\">attempt</th><th></th>",
            claim ->
                Html.format(
                    "<td class=\"n\">%s</td><td>%s</td><td>%s</td><td>%s</td><td"
                        + " class=\"n\">%s</td><td>%s</td>",
                    text(claim, "claim"),
                    text(claim, "worker"),
                    text(claim, "engine"),
                    text(claim, "at"),
                    text(claim, "attempts"),
                    claim.path("givenBack").asBoolean() ? "given back" : ""));
    return page(
        "Order " + order.substring(0, Math.min(SHOWN, order.length())),
        "<p><a href=\"../jobs\">all orders</a></p>\n<table>"
            + rows
            + "</table>\n<h2>Claims</h2>\n"
            + history);
  }

  static String notFound() {
    return page("Not here", "<p>There is no such order. <a href=\"/jobs\">All orders</a></p>");
  }

  /** Cells of one row. */
  private interface Row {
    String of(JsonNode order);
  }

  private static String table(JsonNode orders, String head, Row row) {
    if (orders.isEmpty()) {
      return "<p>none</p>";
    }
    StringBuilder rows = new StringBuilder();
    orders.forEach(order -> rows.append("<tr>").append(row.of(order)).append("</tr>\n"));
    return "<table><thead><tr>" + head + "</tr></thead><tbody>\n" + rows + "</tbody></table>";
  }

  private static String unsettled(JsonNode order) {
    String state = order.path("cancelling").asBoolean() ? "ending" : order.path("state").asText();
    String progress =
        order.has("progress")
            ? Html.format(
                "<progress max=\"1\" value=\"%.3f\"></progress> %s",
                order.path("progress").asDouble(), text(order, "stage"))
            : "";
    return link(order)
        + model(order)
        + Html.format(
            "<td class=\"%s\">%s</td><td class=\"n\">%s</td><td>%s</td><td class=\"n\">%s</td>"
                + "<td>%s</td><td class=\"n\">%s</td>",
            Html.escape(state),
            Html.escape(state),
            text(order, "place"),
            progress,
            order.has("secondsLeft") ? order.path("secondsLeft").asLong() + " s" : "",
            text(order, "worker"),
            text(order, "attempts"));
  }

  private static String settled(JsonNode order) {
    return link(order)
        + model(order)
        + Html.format(
            "<td class=\"%s\">%s</td><td><bdi>%s</bdi></td><td>%s</td><td>%s</td>",
            text(order, "state"),
            text(order, "state"),
            text(order, "reason"),
            text(order, "settled"),
            text(order, "worker"));
  }

  private static String link(JsonNode order) {
    String id = order.path("order").asText();
    return Html.format(
        "<td><a href=\"/jobs/%s\"><code>%s</code></a></td>",
        Html.escape(id), Html.escape(id.substring(0, Math.min(SHOWN, id.length()))));
  }

  private static String model(JsonNode order) {
    return Html.format(
        "<td><bdi>%s</bdi> <bdi>%s</bdi>%s</td>",
        text(order, "model"),
        text(order, "version"),
        order.has("trial") ? ", trial " + text(order, "trial") : "");
  }

  private static String text(JsonNode order, String field) {
    return Html.escape(order.path(field).asText());
  }

  private static String page(String title, String body) {
    return String.format(
        Locale.ROOT,
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="refresh" content="%d">
        <title>%s</title>
        <style>
        %s</style>
        </head>
        <body>
        <h1>%s</h1>
        %s
        </body>
        </html>
        """,
        RELOAD_SECONDS,
        title,
        STYLE,
        title,
        body);
  }
}
