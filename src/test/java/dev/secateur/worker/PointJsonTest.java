package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.plan.ChannelTarget.Of;
import dev.secateur.search.Point;
import dev.secateur.search.Round;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the ledger keeps of a search's decisions. */
class PointJsonTest {
  @ParameterizedTest
  @EnumSource(Of.class)
  void aPointStaysWhatItWas(Of of) {
    Round round = new Round(2, 7, List.of(new Point(0.5, 0.3, of, "int8-4", 5)));

    assertThat(PointJson.round(PointJson.write(round))).isEqualTo(round);
  }

  @Test
  void olderVersionsMeantMultiplications() {
    ObjectNode json = PointJson.write(new Point(0.5, 0.3, Of.BYTES, "int8", 0));
    json.remove("of");

    assertThat(PointJson.read(json)).isEqualTo(new Point(0.5, 0.3, Of.MACS, "int8", 0));
  }
}
