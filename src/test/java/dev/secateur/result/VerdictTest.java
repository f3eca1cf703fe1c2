package dev.secateur.result;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.secateur.plan.Acceptance;
import dev.secateur.plan.Measure;
import dev.secateur.plan.Plan;
import dev.secateur.plan.Task;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerdictTest {
  private static final Pruned AS_ASKED = new Pruned(0.5, 500, 1000, 2);

  private static Acceptance acceptance(String json) throws Exception {
    return Plan.read(
            new ObjectMapper().readTree(("{'acceptance': " + json + "}").replace('\'', '"')))
        .acceptance();
  }

  private static Verdict verdict(
      Acceptance acceptance, Task task, Map<Measure, Double> before, Map<Measure, Double> after) {
    return verdict(acceptance, task, before, after, Map.of());
  }

  private static Verdict verdict(
      Acceptance acceptance,
      Task task,
      Map<Measure, Double> before,
      Map<Measure, Double> after,
      Map<Measure, Double> errors) {
    return Verdict.of(
        acceptance,
        MadeUp.variant("original", task, before, Map.of()),
        MadeUp.variant("int8", task, after, errors),
        AS_ASKED);
  }

  /** A hundred samples, of which one is answered otherwise: luck adds 1.6 points. */
  private static Verdict expected(double counted, double balanced, Optional<Double> expectedDrop)
      throws Exception {
    Map<Measure, Double> before = Map.of(Measure.TOP1, 0.9, Measure.BALANCED_ACCURACY, 0.8);
    Map<Measure, Double> after =
        Map.of(
            Measure.TOP1,
            0.9 - counted,
            Measure.BALANCED_ACCURACY,
            0.8 - balanced,
            Measure.AGREEMENT,
            0.99);
    return Verdict.expected(
        acceptance("{'maxAccuracyDrop': 0.01}"),
        MadeUp.variant("original", Task.CLASSIFICATION, before, Map.of()),
        MadeUp.variant("int8", Task.CLASSIFICATION, after, Map.of(), expectedDrop),
        AS_ASKED);
  }

  @Test
  void whatTheOriginalLetsExpectCountsInPlaceOfLabelsItWasTrainedOn() throws Exception {
    Verdict within = expected(0.05, 0.01, Optional.of(0.025));
    assertThat(within.outcome()).isEqualTo(Outcome.ACCEPTED);
    assertThat(within.reason()).contains("expected to be 2.50 points below").contains("1.65 for");
    assertThat(expected(0, 0, Optional.of(0.03)).outcome()).isEqualTo(Outcome.REJECTED);
    assertThat(expected(0, 0.03, Optional.of(0.0)).reason()).contains("balanced accuracy");
    assertThat(expected(0.02, 0, Optional.empty()).outcome()).isEqualTo(Outcome.REJECTED);
    assertThat(expected(0.01, 0, Optional.empty()).reason()).doesNotContain("expected");
  }

  @Test
  void whatGoesByBoundsIsCounted() throws Exception {
    Variant judged =
        MadeUp.variant(
            "int8",
            Task.CLASSIFICATION,
            Map.of(Measure.TOP1, 0.9, Measure.AGREEMENT, 0.99),
            Map.of(),
            Optional.of(0.1));

    assertThat(Verdict.isExpected(acceptance("{'maxAccuracyDrop': 0.01}"), judged)).isTrue();
    assertThat(Verdict.isExpected(acceptance("{'bounds': {'top1': {'maxDrop': 0.01}}}"), judged))
        .isFalse();
  }

  private static Map<Measure, Double> decisions(double accuracy, double f1, double balanced) {
    return Map.of(Measure.ACCURACY, accuracy, Measure.F1, f1, Measure.BALANCED_ACCURACY, balanced);
  }

  @ParameterizedTest
  @CsvSource({"BINARY", "MULTI_LABEL"})
  void whoNeverSaysYesIsRejectedHoweverRareYesIs(Task task) {
    Verdict verdict =
        verdict(
            Acceptance.DEFAULT,
            task,
            decisions(0.96, 0.6, 0.8),
            decisions(0.95, 0, 0.5),
            Map.of(Measure.F1, 0.1, Measure.BALANCED_ACCURACY, 0.05));
    assertThat(verdict.outcome()).isEqualTo(Outcome.REJECTED);
    assertThat(verdict.reason()).contains("INT8 F1 is 0").contains("balanced accuracy");
  }

  @Test
  void whoNeverSaysNoIsRejectedTooThoughItsF1IsHigh() {
    Verdict verdict =
        verdict(
            Acceptance.DEFAULT,
            Task.BINARY,
            decisions(0.96, 0.979, 0.8),
            decisions(0.95, 0.974, 0.5));
    assertThat(verdict.outcome()).isEqualTo(Outcome.REJECTED);
    assertThat(verdict.reason()).contains("balanced accuracy").doesNotContain("F1 is 0.974");
  }

  @Test
  void aRareClassThatIsLostRejectsAClassifier() {
    Map<Measure, Double> before = Map.of(Measure.TOP1, 0.97, Measure.BALANCED_ACCURACY, 0.9);
    Map<Measure, Double> after = Map.of(Measure.TOP1, 0.96, Measure.BALANCED_ACCURACY, 0.6);
    assertThat(verdict(Acceptance.DEFAULT, Task.CLASSIFICATION, before, after).reason())
        .startsWith("INT8 balanced accuracy is 60.00 %");
  }

  @Test
  void ofClassesThatAreAsCommonAsEachOtherTopOneSaysAll() {
    Map<Measure, Double> before = Map.of(Measure.TOP1, 0.9, Measure.BALANCED_ACCURACY, 0.9);
    Map<Measure, Double> after = Map.of(Measure.TOP1, 0.89, Measure.BALANCED_ACCURACY, 0.89);
    Verdict verdict = verdict(Acceptance.DEFAULT, Task.CLASSIFICATION, before, after);
    assertThat(verdict.outcome()).isEqualTo(Outcome.ACCEPTED);
    assertThat(verdict.reason()).startsWith("INT8 top-1").doesNotContain("balanced");
  }

  @Test
  void whatFewSamplesLeaveToLuckRejectsNobody() throws Exception {
    Map<Measure, Double> before = decisions(0.97, 0.80, 0.9);
    Map<Measure, Double> after = decisions(0.965, 0.75, 0.85);
    Map<Measure, Double> few = Map.of(Measure.F1, 0.06, Measure.BALANCED_ACCURACY, 0.06);
    Verdict accepted = verdict(Acceptance.DEFAULT, Task.BINARY, before, after, few);
    assertThat(accepted.outcome()).isEqualTo(Outcome.ACCEPTED);
    assertThat(accepted.reason())
        .contains("the limit is a drop of 14.87, 9.87 of it for the luck of few samples");
    assertThat(verdict(Acceptance.DEFAULT, Task.BINARY, before, after).outcome())
        .isEqualTo(Outcome.REJECTED);
    assertThat(
            verdict(acceptance("{'maxAccuracyDrop': 0.05}"), Task.BINARY, before, after).outcome())
        .isEqualTo(Outcome.ACCEPTED);
  }

  /** Whatever number is given, also the one that is otherwise the default. */
  @ParameterizedTest
  @CsvSource({
    "{}, ACCEPTED",
    "{'maxLossIncrease': 0.01}, REJECTED",
    "{'maxLossIncrease': 0.1}, REJECTED",
    "{'maxLossIncrease': 2}, ACCEPTED",
  })
  void aLossIncreaseThatIsGivenHoldsForRegression(String acceptance, Outcome outcome)
      throws Exception {
    Map<Measure, Double> before = Map.of(Measure.R2, 0.99, Measure.LOSS, 1.0);
    Map<Measure, Double> after = Map.of(Measure.R2, 0.975, Measure.LOSS, 2.5);
    Verdict verdict =
        verdict(acceptance(acceptance.replace(';', ',')), Task.REGRESSION, before, after);
    assertThat(verdict.outcome()).as(verdict.reason()).isEqualTo(outcome);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'bounds': {'top1': {'min': 0.8}}} | ACCEPTED",
        "{'bounds': {'top1': {'min': 0.8}}, 'maxAccuracyDrop': 0.02} | REJECTED",
        "{'bounds': {'top1': {'min': 0.8}}, 'maxAccuracyDrop': 0.2} | ACCEPTED",
        "{'bounds': {'top1': {'min': 0.9}}, 'maxAccuracyDrop': 0.2} | REJECTED",
        "{'bounds': {'top1': {'min': 0.8}}, 'maxLossIncrease': 0} | ACCEPTED",
      })
  void boundsAndLimitsThatAreGivenHoldBoth(String acceptance, Outcome outcome) throws Exception {
    Map<Measure, Double> before =
        Map.of(Measure.TOP1, 0.95, Measure.BALANCED_ACCURACY, 0.95, Measure.LOSS, 0.1);
    Map<Measure, Double> after =
        Map.of(Measure.TOP1, 0.85, Measure.BALANCED_ACCURACY, 0.85, Measure.LOSS, 0.3);
    Verdict verdict = verdict(acceptance(acceptance), Task.CLASSIFICATION, before, after);
    assertThat(verdict.outcome()).as(verdict.reason()).isEqualTo(outcome);
  }

  @Test
  void aReconstructionWithoutErrorStaysOne() {
    Map<Measure, Double> none = Map.of(Measure.LOSS, 0.0);
    assertThat(verdict(Acceptance.DEFAULT, Task.RECONSTRUCTION, none, none).outcome())
        .isEqualTo(Outcome.ACCEPTED);
    assertThat(
            verdict(Acceptance.DEFAULT, Task.RECONSTRUCTION, none, Map.of(Measure.LOSS, 0.1))
                .outcome())
        .isEqualTo(Outcome.REJECTED);
  }

  @ParameterizedTest
  @CsvSource({
    // asked, zeros, weights, kernels
    "0.5, 0, 0, 0, nothing was pruned",
    "0.5, 0, 1, 1, pruning reached 0.0 %",
    "0.9, 1, 2, 1, pruning reached 50.0 %",
    "0.8, 700, 1000, 3, pruning reached 70.0 %",
    "0.5, 4, 9, 1, INT8 top-1",
    "0.5, 500, 1000, 4, INT8 top-1",
    "0, 0, 0, 0, INT8 top-1",
  })
  void whatWasNotPrunedAsAskedIsNeverAccepted(
      double asked, long zeros, long weights, int kernels, String reason) {
    Map<Measure, Double> same = Map.of(Measure.TOP1, 0.95, Measure.BALANCED_ACCURACY, 0.95);
    Verdict verdict =
        Verdict.of(
            Acceptance.DEFAULT,
            MadeUp.variant("original", Task.CLASSIFICATION, same, Map.of()),
            MadeUp.variant("int8", Task.CLASSIFICATION, same, Map.of()),
            new Pruned(asked, zeros, weights, kernels));
    assertThat(verdict.reason()).startsWith(reason);
    assertThat(verdict.outcome() == Outcome.ACCEPTED).isEqualTo(reason.startsWith("INT8"));
  }

  @Test
  void whatQuantizingLeftNothingOfIsRejectedAndNamed() {
    Map<Measure, Double> same = Map.of(Measure.TOP1, 0.95, Measure.BALANCED_ACCURACY, 0.95);
    Variant int8 =
        MadeUp.variant("int8", Task.CLASSIFICATION, same, Map.of())
            .withFaults(List.of(new Variant.Fault("y", "noise", "is noise")));
    Verdict verdict =
        Verdict.of(
            Acceptance.DEFAULT,
            MadeUp.variant("original", Task.CLASSIFICATION, same, Map.of()),
            int8,
            AS_ASKED);
    assertThat(verdict.reason()).isEqualTo("INT8: output y is noise");
    assertThat(verdict.outcome()).isEqualTo(Outcome.REJECTED);
  }
}
