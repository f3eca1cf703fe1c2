package dev.secateur.search;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.plan.Measure;
import dev.secateur.plan.Plan;
import dev.secateur.result.JobResult;
import dev.secateur.result.MadeUp;
import dev.secateur.result.Outcome;
import dev.secateur.result.Searched;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is made when an evaluation set refuses what held-out samples have chosen. */
class ChoiceTest {
  private static final Plan SEARCHING = Plan.read(searching());

  private static ObjectNode searching() {
    ObjectNode plan = JsonNodeFactory.instance.objectNode();
    plan.putObject("search");
    return plan;
  }

  /** The smaller, the further away. */
  private static Trial trial(int number, boolean within) {
    return trial(number, within, 1000 - number, 0.01 * number);
  }

  private static Trial trial(int number, boolean within, long zipped, double divergence) {
    return trial(number, within, 0, Optional.empty(), zipped, divergence);
  }

  /** A point is allowed; a standard error is half of one. The larger number is the smaller file. */
  private static Trial expected(int number, double drop) {
    return trial(number, true, 0.005, Optional.of(drop), 1000 - number, 0.01 * number);
  }

  private static Trial trial(
      int number,
      boolean within,
      double error,
      Optional<Double> expectedDrop,
      long zipped,
      double divergence) {
    return new Trial(
        number,
        1,
        new Point(0.1 * number, 0, "int8", 0),
        Optional.of(
            new Trial.Found(
                within,
                Measure.TOP1,
                Map.of(Measure.TOP1, 0.9),
                0.001 * number,
                error,
                expectedDrop.map(drop -> 0.01),
                expectedDrop,
                divergence,
                zipped,
                zipped,
                Optional.empty(),
                Optional.empty(),
                1,
                2000)),
        "made up",
        1);
  }

  private final List<Integer> made = new ArrayList<>();

  private Searched made(List<Trial> trials, boolean hasEvaluation, Set<Integer> good) {
    return new Choice(SEARCHING, trials, hasEvaluation)
        .made(
            choice -> {
              made.add(choice.trial().number());
              return MadeUp.result(choice.plan(), good.contains(choice.trial().number()));
            })
        .search()
        .orElseThrow();
  }

  private static List<Trial> trials(int count, int within) {
    List<Trial> trials = new ArrayList<>();
    for (int n = 1; n <= count; n++) {
      trials.add(trial(n, n <= within));
    }
    return trials;
  }

  @Test
  void theSmallestWithinIsMadeAndNoOtherIfItIsGood() {
    Searched found = made(trials(6, 4), true, Set.of(4, 3));

    assertThat(made).containsExactly(4);
    assertThat(found.best()).isEqualTo(4);
    assertThat(found.refused()).isEmpty();
  }

  @Test
  void whatIsRefusedIsFollowedByWhatIsNearerToTheOriginal() {
    Searched found = made(trials(6, 4), true, Set.of(2));

    assertThat(made).containsExactly(4, 3, 2);
    assertThat(found.best()).isEqualTo(2);
    assertThat(found.refused()).containsExactly(4, 3);
  }

  @Test
  void eachRefusalAsksForMoreToSpare() {
    made(
        List.of(
            expected(1, 0.001),
            expected(2, 0.004),
            expected(3, 0.0065),
            expected(4, 0.0085),
            expected(5, 0.0095),
            expected(6, 0.0105),
            expected(7, 0.0115),
            expected(8, 0.014)),
        true,
        Set.of());

    assertThat(made).containsExactly(7, 5, 3, 2);
  }

  @Test
  void whereNoneIsSureEnoughTheNearestThatIsWithinFollows() {
    Trial beyond = trial(1, false);
    made(
        List.of(beyond, expected(2, 0.0105), expected(3, 0.0105), expected(4, 0.0105)),
        true,
        Set.of());

    assertThat(made).containsExactly(4, 2);
  }

  @Test
  void whatIsFurtherAwayThanWhatWasRefusedIsNotMade() {
    made(
        List.of(trial(1, true, 900, 0.03), trial(2, true, 950, 0.05), trial(3, true, 960, 0.02)),
        true,
        Set.of());

    assertThat(made).containsExactly(1, 3);
  }

  @Test
  void noMoreThanFourAreTried() {
    Searched found = made(trials(6, 6), true, Set.of());

    assertThat(made).containsExactly(6, 5, 4, 3);
    assertThat(found.best()).isEqualTo(3);
  }

  @Test
  void theLastThatIsWithinStays() {
    made(trials(6, 1), true, Set.of());

    assertThat(made).containsExactly(1);
  }

  @Test
  void whereNoneIsWithinTheNearestIsMadeOnce() {
    made(trials(6, 0), true, Set.of());

    assertThat(made).containsExactly(1);
  }

  @Test
  void withoutAnEvaluationSetNobodyRefuses() {
    Searched found = made(trials(6, 4), false, Set.of());

    assertThat(made).containsExactly(4);
    assertThat(found.refused()).isEmpty();
  }

  @Test
  void anOriginalThatIsRefusedItselfRefusesNoTrial() {
    Searched found =
        new Choice(SEARCHING, trials(6, 4), true)
            .made(c -> MadeUp.result(c.plan(), false, List.of(MadeUp.variant("original"))))
            .search()
            .orElseThrow();

    assertThat(found.best()).isEqualTo(4);
    assertThat(found.refused()).isEmpty();
  }

  /** The third fails: the second is answered, as the evaluation set has left it. */
  @Test
  void whereTheNextCannotBeMadeTheOneBeforeIsAnswered() {
    Choice third = new Choice(SEARCHING, trials(6, 4), true).after(List.of(4, 3));
    Searched found =
        third
            .instead("no space")
            .orElseThrow()
            .made(choice -> MadeUp.result(choice.plan(), false))
            .search()
            .orElseThrow();

    assertThat(found.best()).isEqualTo(3);
    assertThat(found.refused()).containsExactly(4);
    assertThat(found.unmade()).contains(new Searched.Unmade(2, "no space"));
  }

  @Test
  void theFirstHasNoneBeforeItNorHasWhatIsMadeInsteadOfAnother() {
    Choice first = new Choice(SEARCHING, trials(6, 4), true);
    assertThat(first.instead("no space")).isEmpty();
    assertThat(first.after(List.of(4, 3)).instead("no space").orElseThrow().instead("none either"))
        .isEmpty();
  }

  @Test
  void whatThePlansDeviceHasNoRoomForIsRejectedWhateverItAnswers() {
    ObjectNode small = searching();
    ((ObjectNode) small.get("search")).put("maxMemory", 10);

    JobResult result =
        new Choice(Plan.read(small), trials(3, 3), true)
            .made(choice -> MadeUp.result(choice.plan(), true));

    assertThat(result.outcome()).isEqualTo(Outcome.REJECTED);
    assertThat(result.reason())
        .isEqualTo("INT8 does not fit: its activations take unknown bytes, search.maxMemory is 10");
  }

  /** What is within has so many bytes; the device has room for 700. */
  @ParameterizedTest
  @CsvSource({
    "900 800 600, 3", // fits
    "900 800 1200, 2", // the nearest to what fits
    "'', 4" // none is within: the nearest to the original
  })
  void whereNothingThatIsGoodEnoughFitsTheDeviceTheSmallestOfThatIsMade(String within, int made) {
    ObjectNode small = searching();
    ((ObjectNode) small.get("search")).put("maxBytes", 700);
    List<Trial> trials = new ArrayList<>();
    for (String bytes : within.isEmpty() ? new String[0] : within.split(" ")) {
      trials.add(trial(trials.size() + 1, true, Long.parseLong(bytes), 0.01));
    }
    while (trials.size() < 3) {
      trials.add(trial(trials.size() + 1, false, 100, 0.5));
    }
    trials.add(trial(4, false, 1000, 0.005));

    assertThat(new Choice(Plan.read(small), trials, true).trial().number()).isEqualTo(made);
  }
}
