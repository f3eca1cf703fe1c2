package dev.secateur.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlanJsonTest {
  private static JsonNode json(String text) {
    try {
      return new ObjectMapper().readTree(text.replace('\'', '"'));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void emptyDocumentIsTheDefaultPlan() {
    assertThat(PlanJson.read(json("{}"))).isEqualTo(Plan.DEFAULT);
  }

  @Test
  void whatIsWrittenReadsBackEqual() {
    assertThat(PlanJson.read(PlanJson.write(Plan.DEFAULT))).isEqualTo(Plan.DEFAULT);
  }

  @Test
  void eventDataAndPlanDocumentGiveTheSameBytes() {
    Plan event =
        PlanJson.read(
            json(
                "{'model': {'name': 'm'}, 'datasets': {'representative': {'samples': 7}},"
                    + "'preprocessing': {'std': 2}, 'plan': {'pruning': {'endStep': 1000}},"
                    + "'acceptance': {'maxAccuracyDrop': 0.03}}"));
    Plan document =
        PlanJson.read(
            json(
                "{'acceptance': {'maxAccuracyDrop': 0.03}, 'representative': {'samples': 7},"
                    + "'pruning': {'endStep': 1000}, 'preprocessing': {'std': [2.0]}}"));
    assertThat(PlanJson.canonical(event)).isEqualTo(PlanJson.canonical(document));
    assertThat(event.pruning().endStep()).isEqualTo(OptionalInt.of(1000));
  }

  @Test
  void recipeSetsTheDefaultsOfTheOtherFields() {
    Plan plan = PlanJson.read(json("{'fineTuning': {'recipe': 'tutorial', 'epochs': 3}}"));
    assertThat(plan.fineTuning().learningRate()).isEqualTo(FineTuning.TUTORIAL.learningRate());
    assertThat(plan.fineTuning().distill()).isFalse();
    assertThat(plan.fineTuning().epochs()).isEqualTo(3);
  }

  @Test
  void unknownFieldsAreIgnored() {
    assertThat(PlanJson.read(json("{'pruning': {'blockSize': [1, 4]}, 'later': 1}")))
        .isEqualTo(Plan.DEFAULT);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'model':{}, 'plan':{'pruning':{'finalSparsity':1.0}}}"
            + "|/plan/pruning/finalSparsity: must be below 1",
        "{'pruning':{'beginStep':-1}}|/pruning/beginStep: must be 0 or more",
        "{'pruning':{'beginStep':9,'endStep':8}}"
            + "|/pruning/endStep: must not be before beginStep 9",
        "{'pruning':{'endStep':'soon'}}|/pruning/endStep: must be a whole number",
        "{'pruning':{'frequency':0}}|/pruning/frequency: must be 1 or more",
        "{'pruning':[]}|/pruning: must be an object",
        "{'fineTuning':{'optimizer':'lion'}}|/fineTuning/optimizer: must be one of sgd, momentum,"
            + " nesterov, adam, adamw, rmsprop",
        "{'fineTuning':{'epochs':1.5}}|/fineTuning/epochs: must be a whole number",
        "{'fineTuning':{'learningRate':'x'}}|/fineTuning/learningRate: must be a number",
        "{'fineTuning':{'seed':99999999999999999999}}|/fineTuning/seed: must be a whole number",
        "{'quantization':{'scheme':'int4'}}|/quantization/scheme: must be int8",
        "{'representative':{'samples':0}}|/representative/samples: must be 1 or more",
        "{'preprocessing':{'mean':[0,'a']}}|/preprocessing/mean/1: must be a number",
        "{'preprocessing':{'std':[0]}}|/preprocessing/std: must be positive",
        "{'acceptance':{'maxAccuracyDrop':2}}"
            + "|/acceptance/maxAccuracyDrop: must be between 0 and 1",
        "[]|/: must be a JSON object",
      })
  void wrongFieldIsNamedByItsPath(String document, String message) {
    assertThatThrownBy(() -> PlanJson.read(json(document)))
        .isInstanceOf(PlanException.class)
        .hasMessage(message);
  }
}
