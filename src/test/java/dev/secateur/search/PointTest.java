package dev.secateur.search;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.plan.ChannelTarget.Of;
import dev.secateur.plan.HeldOut.Judged;
import dev.secateur.plan.Plan;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a trial's plan says. */
class PointTest {
  private static JsonNode pruning(Point point) {
    ObjectNode plan = JsonNodeFactory.instance.objectNode();
    plan.putObject("search").put("objective", "latency");
    return point.plan(Plan.read(plan), 100, Judged.DECIDING).document().get("pruning");
  }

  /** Whatever a search of today would choose. */
  @ParameterizedTest
  @EnumSource(Of.class)
  void thePlanSaysWhatTheShareIsOf(Of of) {
    JsonNode channels = pruning(new Point(0.5, 0.3, of, "int8", 0)).get("channels");

    assertThat(channels.get("share").asDouble()).isEqualTo(0.3);
    assertThat(channels.get("of").asText()).isEqualTo(of.label());
  }

  @Test
  void whereNoneGoThePlanAsksForNone() {
    assertThat(pruning(new Point(0.5, 0, "int8", 0)).has("channels")).isFalse();
  }

  @Test
  void nothingOfAnythingIsTheSamePoint() {
    assertThat(new Point(0.5, 0, Of.BYTES, "int8", 0)).isEqualTo(new Point(0.5, 0, "int8", 0));
  }
}
