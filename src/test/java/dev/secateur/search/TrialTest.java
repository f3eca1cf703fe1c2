package dev.secateur.search;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.plan.Plan;
import dev.secateur.result.JobResult;
import dev.secateur.result.MadeUp;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What counts of a trial that ran. */
class TrialTest {
  private static final double EXPECTED = 0.004;

  private static Optional<Double> expected(ObjectNode plan, boolean judgedAgain) {
    JobResult result =
        MadeUp.result(
            Plan.read(plan),
            true,
            List.of(MadeUp.variant("original"), MadeUp.variant("int8", EXPECTED)));
    return Trial.of(1, 1, new Point(0, 0, "int8", 0), result, judgedAgain, 1)
        .found()
        .orElseThrow()
        .expectedDrop();
  }

  private static ObjectNode plan() {
    return JsonNodeFactory.instance.objectNode();
  }

  @Test
  void whatIsExpectedCountsWhereOthersJudgeTheBestAgain() {
    assertThat(expected(plan(), true)).contains(EXPECTED);
    assertThat(expected(plan(), false)).as("counted, where nobody does").isEmpty();
  }

  @Test
  void acceptancesByBoundsGoByWhatWasCounted() {
    ObjectNode bounded = plan();
    bounded.putObject("acceptance").putObject("bounds").putObject("top1").put("maxDrop", 0.01);

    assertThat(expected(bounded, true)).isEmpty();
  }
}
