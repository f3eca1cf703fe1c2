package dev.secateur.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.plan.ChannelTarget;
import dev.secateur.search.Point;
import dev.secateur.search.Round;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What a search decides on, as the ledger keeps it. */
public final class PointJson {
  private PointJson() {}

  static ObjectNode write(Point point) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("sparsity", point.sparsity())
        .put("channels", point.channels())
        .put("of", point.of().label())
        .put("scheme", point.scheme())
        .put("epochs", point.epochs());
  }

  static Point read(JsonNode json) {
    return new Point(
        json.path("sparsity").asDouble(),
        json.path("channels").asDouble(),
        of(json.path("of").asText()),
        json.path("scheme").asText(),
        json.path("epochs").asInt());
  }

  /** Older versions did not say: multiplications. */
  private static ChannelTarget.Of of(String label) {
    return Arrays.stream(ChannelTarget.Of.values())
        .filter(of -> of.label().equals(label))
        .findAny()
        .orElse(ChannelTarget.Of.MACS);
  }

  public static ObjectNode write(Round round) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("round", round.number()).put("first", round.first());
    ArrayNode points = json.putArray("points");
    round.points().forEach(point -> points.add(write(point)));
    return json;
  }

  public static Round round(JsonNode json) {
    List<Point> points = new ArrayList<>();
    json.path("points").forEach(p -> points.add(read(p)));
    return new Round(json.path("round").asInt(), json.path("first").asInt(), points);
  }
}
