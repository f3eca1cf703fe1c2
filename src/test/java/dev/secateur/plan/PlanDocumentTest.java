package dev.secateur.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlanDocumentTest {
  private static JsonNode json(String text) {
    try {
      return new ObjectMapper().readTree(text.replace('\'', '"'));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void emptyDocumentIsTheDefaultPlan() {
    assertThat(Plan.read(json("{}"))).isEqualTo(Plan.DEFAULT);
  }

  @Test
  void whatIsWrittenReadsBackEqual() {
    assertThat(Plan.read(Plan.DEFAULT.document())).isEqualTo(Plan.DEFAULT);
  }

  @Test
  void eventDataAndPlanDocumentGiveTheSameBytes() {
    Plan event =
        Plan.read(
            json(
                "{'model': {'name': 'm'}, 'datasets': {'representative': {'samples': 7}},"
                    + "'preprocessing': {'std': 2}, 'plan': {'pruning': {'endStep': 1000}},"
                    + "'acceptance': {'maxAccuracyDrop': 0.03}}"));
    Plan document =
        Plan.read(
            json(
                "{'acceptance': {'maxAccuracyDrop': 0.03}, 'representative': {'samples': 7},"
                    + "'pruning': {'endStep': 1000}, 'preprocessing': {'std': [2.0]}}"));
    assertThat(event.canonical()).isEqualTo(document.canonical());
    assertThat(event.pruning().endStep()).isEqualTo(OptionalInt.of(1000));
  }

  @Test
  void recipeSetsTheDefaultsOfTheOtherFields() {
    Plan plan = Plan.read(json("{'fineTuning': {'recipe': 'tutorial', 'epochs': 3}}"));
    assertThat(plan.fineTuning().learningRate()).isEqualTo(FineTuning.TUTORIAL.learningRate());
    assertThat(plan.fineTuning().distill()).isFalse();
    assertThat(plan.fineTuning().epochs()).isEqualTo(3);
  }

  @Test
  void instantReconstructsAndDoesNotTrain() {
    Plan plan = Plan.read(json("{'fineTuning': {'recipe': 'instant'}}"));
    assertThat(plan.pruning().method()).isEqualTo(Pruning.Method.RECONSTRUCT);
    assertThat(plan.pruning().allocation()).isEqualTo(Pruning.Allocation.SENSITIVITY);
    assertThat(plan.fineTuning().epochs()).isZero();
    assertThat(Plan.read(plan.document())).isEqualTo(plan);
    assertThat(plan.digest()).isNotEqualTo(Plan.DEFAULT.digest());
  }

  @Test
  void aMethodBringsItsOwnDefaults() {
    Plan plan = Plan.read(json("{'pruning': {'method': 'reconstruct', 'finalSparsity': 0.7}}"));
    assertThat(plan.pruning().allocation()).isEqualTo(Pruning.Allocation.SENSITIVITY);
    assertThat(
            Plan.read(
                    json(
                        "{'fineTuning': {'recipe': 'instant'}, 'pruning': {'method':"
                            + " 'magnitude'}}"))
                .pruning())
        .isEqualTo(Plan.read(json("{'pruning': {'method': 'magnitude'}}")).pruning());
  }

  @Test
  void whoeverNamesAScheduleMeansMagnitude() {
    Plan magnitude = Plan.read(json("{'pruning': {'method': 'magnitude'}}"));
    assertThat(magnitude.fineTuning()).isEqualTo(FineTuning.RECOMMENDED);
    for (String field :
        List.of(
            "'schedule': 'polynomial-decay'",
            "'initialSparsity': 0",
            "'beginStep': 0",
            "'frequency': 10")) {
      assertThat(Plan.read(json("{'pruning': {" + field + "}}"))).as(field).isEqualTo(magnitude);
    }
    assertThat(Plan.DEFAULT.pruning().method()).isEqualTo(Pruning.Method.RECONSTRUCT);
  }

  /** The less was pruned, the nearer is the end, and the smaller are the steps. */
  @ParameterizedTest
  @CsvSource({
    "0.5, 5, true, 0.0005, true, FLIPS",
    "0.6, 10, true, 0.0005, true, FLIPS_AND_SHIFTS",
    "0.61, 9, true, 0.003, false, FLIPS",
    "0.8, 5, false, 0.003, false, NONE"
  })
  void howAReconstructedNetworkIsTrained(
      double sparsity,
      int epochs,
      boolean distill,
      double rate,
      boolean frozen,
      FineTuning.Augment augment) {
    Plan plan =
        Plan.read(
            json(
                "{'pruning': {'finalSparsity': %s}, 'fineTuning': {'epochs': %d, 'distill': %s}}"
                    .formatted(sparsity, epochs, distill)));
    assertThat(plan.fineTuning().learningRate()).contains(rate);
    assertThat(plan.fineTuning().freezeBatchNorm()).isEqualTo(frozen);
    assertThat(plan.fineTuning().augment()).isEqualTo(augment);
    assertThat(Plan.read(plan.document())).isEqualTo(plan);
    assertThat(
            Plan.read(json("{'fineTuning': {'augment': false, 'learningRate': 0.1}}")).fineTuning())
        .returns(FineTuning.Augment.NONE, FineTuning::augment)
        .returns(Optional.of(0.1), FineTuning::learningRate);
  }

  /** Digests of plans name jobs and stand in files: they may not change from version to version. */
  @Test
  void theBytesOfAPlanStayWhatTheyWere() {
    Plan magnitude = Plan.read(json("{'pruning': {'method': 'magnitude'}}"));
    assertThat(new String(magnitude.canonical(), StandardCharsets.UTF_8))
        .isEqualTo(
            "{'preprocessing':{'scale':1.0,'mean':[],'std':[],'resize':false,'grey':false},"
                .concat("'pruning':{'schedule':'polynomial-decay','initialSparsity':0.0,")
                .concat("'finalSparsity':0.5,'beginStep':0,'endStep':'auto','frequency':10},")
                .concat("'fineTuning':{'recipe':'recommended','epochs':5,'batchSize':32,")
                .concat("'optimizer':'adam','learningRate':0.001,")
                .concat("'learningRateSchedule':'cosine','loss':'auto','validationSplit':0.0,")
                .concat("'distill':true,'augment':false,'shuffle':true,'seed':1},")
                .concat("'quantization':{'scheme':'int8','inputType':'float32',")
                .concat("'outputType':'float32','integerOnly':false},")
                .concat("'representative':{'samples':100},")
                .concat("'acceptance':{'maxAccuracyDrop':0.02,'maxLossIncrease':0.1}}")
                .replace('\'', '"'));
  }

  /** A limit that is given holds where the default would bend: it is another plan. */
  @Test
  void aLimitThatIsGivenIsToldFromTheDefaultOfTheSameNumber() {
    for (String limit : List.of("'maxAccuracyDrop': 0.02", "'maxLossIncrease': 0.1")) {
      Plan given = Plan.read(json("{'acceptance': {" + limit + "}}"));
      assertThat(given).isNotEqualTo(Plan.DEFAULT);
      assertThat(given.digest()).isNotEqualTo(Plan.DEFAULT.digest());
      assertThat(Plan.read(given.document())).isEqualTo(given);
    }
    Plan other = Plan.read(json("{'acceptance': {'maxAccuracyDrop': 0.03}}"));
    assertThat(new String(other.canonical(), StandardCharsets.UTF_8))
        .contains("\"maxAccuracyDrop\":0.03,\"maxLossIncrease\":0.1}");
  }

  @Test
  void nullAndAutoLeaveAFieldToItsDefault() {
    assertThat(
            Plan.read(
                json(
                    "{'pruning': {'allocation': null, 'frequency': null}, 'acceptance': null,"
                        + "'fineTuning': {'loss': 'auto'}}")))
        .isEqualTo(Plan.DEFAULT);
  }

  @Test
  void readingLeavesTheDocumentAsItIs() {
    JsonNode document = json("{'plan': {'pruning': {'frequency': null}}, 'acceptance': null}");
    JsonNode before = document.deepCopy();
    Plan.read(document);
    assertThat(document).isEqualTo(before);
  }

  @Test
  void everyFieldOfTheRecordsIsOneThatTheSchemaKnows() {
    JsonNode schema = json(JsonSchema.text("plan.v1.json"));
    for (RecordComponent part : Plan.class.getRecordComponents()) {
      assertThat(schema.at("/properties").has(part.getName())).as(part.getName()).isTrue();
      if (!part.getType().isRecord() || part.getName().equals("task")) {
        continue; // A number or a name; a task is one, or names by output.
      }
      assertThat(schema.at("/$defs/" + part.getName() + "/properties").fieldNames())
          .toIterable()
          .as(part.getName())
          .containsExactlyElementsOf(
              Stream.of(part.getType().getRecordComponents())
                  .map(PlanDocumentTest::inJson)
                  .toList());
    }
    assertThat(schema.at("/$defs/bounds/properties").fieldNames())
        .toIterable()
        .containsExactlyElementsOf(Stream.of(Measure.values()).map(Measure::label).toList());
    assertThat(schema.at("/$defs/bounds/patternProperties").fieldNames().next())
        .isEqualTo("\\.(" + Measure.labels().replace(", ", "|") + ")$");
  }

  private static String inJson(RecordComponent field) {
    JsonProperty named = field.getAccessor().getAnnotation(JsonProperty.class);
    return named == null ? field.getName() : named.value();
  }

  @Test
  void howRowsAreReadIsPartOfThePlanAndItsDefaultOfNone() {
    Plan plan = Plan.read(json("{'plan': {'skipUnreadable': 3, 'targetField': 'fine_label'}}"));
    assertThat(plan.skipUnreadable()).isEqualTo(3);
    assertThat(plan.targetField()).contains("fine_label");
    assertThat(Plan.read(plan.document())).isEqualTo(plan);
    assertThat(Plan.read(json("{'skipUnreadable': 0, 'sampleField': null}")).canonical())
        .isEqualTo(Plan.DEFAULT.canonical());
    assertThat(Plan.DEFAULT.document().has("skipUnreadable")).isFalse();
    assertThatThrownBy(() -> Plan.read(json("{'skipUnreadable': -1}")))
        .isInstanceOf(PlanException.class)
        .hasMessageContaining("/skipUnreadable");
  }

  @Test
  void boundsAreReadByMeasureAndByOutput() {
    Plan plan =
        Plan.read(
            json("{'acceptance': {'bounds': {'mae': {'max': 3}, 'a.b.r2': {'maxDrop': 0.05}}}}"));
    assertThat(plan.acceptance().bounds())
        .containsOnly(
            entry(MeasureName.of("mae"), Bound.max(3)),
            entry(MeasureName.of("a.b.r2"), Bound.maxDrop(0.05)));
    assertThat(Plan.read(plan.document())).isEqualTo(plan);
  }

  @Test
  void taskIsOneForAllOutputsOrOneByName() {
    Plan all = Plan.read(json("{'plan': {'task': 'multi-label'}}"));
    assertThat(all.task().orElseThrow().of("any")).contains(Task.MULTI_LABEL);
    Plan each = Plan.read(json("{'task': {'age': 'regression', 'face': 'binary'}}"));
    assertThat(each.task().orElseThrow().of("face")).contains(Task.BINARY);
    assertThat(each.task().orElseThrow().of("other")).isEmpty();
    for (Plan plan : List.of(all, each)) {
      assertThat(Plan.read(plan.document())).isEqualTo(plan);
    }
    assertThat(Plan.read(json("{'task': 'auto'}"))).isEqualTo(Plan.DEFAULT);
    assertThatThrownBy(() -> Plan.read(json("{'task': 'guessing'}")))
        .isInstanceOf(PlanException.class)
        .hasMessageStartingWith("/task: must be ")
        .hasMessageContaining("regression");
    assertThatThrownBy(() -> Plan.read(json("{'task': {'age': 'guessing'}}")))
        .isInstanceOf(PlanException.class)
        .hasMessageContaining("regression");
  }

  @Test
  void whatCameAfterTheFirstVersionLeavesThePlansBytesAlone() {
    assertThat(new String(Plan.DEFAULT.canonical(), StandardCharsets.UTF_8))
        .doesNotContain("task", "bgr", "bounds", "allowChance", "aware");
  }

  @Test
  void oneSchemeReadsAndWritesAlikeAloneAndInAList() {
    assertThat(Plan.read(json("{'quantization': {'scheme': ['int8']}}"))).isEqualTo(Plan.DEFAULT);
    Plan two = Plan.read(json("{'quantization': {'scheme': ['int16x8', 'int8-weights']}}"));
    assertThat(two.quantization().judged()).isEqualTo(Scheme.INT16X8);
    assertThat(two.document().at("/quantization/scheme").toString())
        .isEqualTo("[\"int16x8\",\"int8-weights\"]");
    assertThat(Plan.read(two.document())).isEqualTo(two);
  }

  @Test
  void everyConstantIsOneThatTheSchemaKnows() {
    JsonNode schema = json(JsonSchema.text("plan.v1.json"));
    assertThat(schema.at("/$defs/task/enum").valueStream().map(JsonNode::asText))
        .containsExactlyElementsOf(Stream.of(Task.values()).map(Task::label).toList());
    Map<String, Class<? extends Enum<?>>> constants =
        Map.of(
            "/pruning/schedule", Pruning.Schedule.class,
            "/fineTuning/recipe", FineTuning.Recipe.class,
            "/fineTuning/optimizer", FineTuning.Optimizer.class,
            "/fineTuning/learningRateSchedule", FineTuning.LearningRateSchedule.class,
            "/fineTuning/loss", FineTuning.Loss.class,
            "/scheme", Scheme.class,
            "/quantization/inputType", Quantization.IoType.class);
    constants.forEach(
        (field, type) -> {
          String place = "/$defs" + field.replaceFirst("(?<=.)/([^/]*)$", "/properties/$1");
          assertThat(schema.at(place).get("enum").valueStream().map(JsonNode::asText))
              .as(field)
              .filteredOn(name -> !name.equals("auto"))
              .containsExactlyElementsOf(
                  Arrays.stream(type.getEnumConstants())
                      .map(c -> new ObjectMapper().valueToTree(c).asText())
                      .toList());
        });
  }

  @Test
  void channelsAreReadInEachOfTheirForms() {
    ChannelTarget macs = new ChannelTarget(Optional.of(0.3), ChannelTarget.Of.MACS, 4);
    ChannelTarget bytes = new ChannelTarget(Optional.of(0.3), ChannelTarget.Of.BYTES, 4);
    ChannelTarget open = new ChannelTarget(Optional.empty(), ChannelTarget.Of.MACS, 4);
    ChannelTarget wide = new ChannelTarget(Optional.empty(), ChannelTarget.Of.MEMORY, 8);
    assertThat(channels("0.3")).contains(macs);
    assertThat(channels("'0.3'")).contains(macs);
    assertThat(channels("'0.3:bytes'")).contains(bytes);
    assertThat(channels("'auto'")).contains(open);
    assertThat(channels("{'share':'auto'}")).contains(open);
    assertThat(channels("{'share':0.3,'of':'bytes'}")).contains(bytes);
    assertThat(channels("{'share':'auto','of':'memory','multiple':8}")).contains(wide);
    assertThat(channels("null")).isEmpty();
  }

  private static Optional<ChannelTarget> channels(String value) {
    Plan plan = Plan.read(json("{'pruning':{'channels':" + value + "}}"));
    assertThat(Plan.read(plan.document())).isEqualTo(plan);
    return plan.pruning().channels();
  }

  @Test
  void whoAsksForChannelsAloneGetsNoZerosAndLivingStatistics() {
    Plan alone = Plan.read(json("{'pruning':{'channels':0.3}}"));
    assertThat(alone.pruning().finalSparsity()).isZero();
    assertThat(alone.fineTuning().freezeBatchNorm()).isFalse();
    Plan both = Plan.read(json("{'pruning':{'channels':0.3,'finalSparsity':0.5}}"));
    assertThat(both.pruning().finalSparsity()).isEqualTo(0.5);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'model':{}, 'plan':{'pruning':{'finalSparsity':1.0}}}"
            + "|/plan/pruning/finalSparsity: must be below 1",
        "{'pruning':{'beginStep':-1}}|/pruning/beginStep: must be at least 0",
        "{'pruning':{'beginStep':9,'endStep':8}}"
            + "|/pruning/endStep: must not be before beginStep 9",
        "{'pruning':{'endStep':'soon'}}|/pruning/endStep: must be of type integer, not string, or"
            + " must be auto",
        "{'pruning':{'frequency':0}}|/pruning/frequency: must be at least 1",
        "{'pruning':[]}|/pruning: must be of type object, not array",
        "{'fineTuning':{'optimizer':'lion'}}|/fineTuning/optimizer: must be one of sgd, momentum,"
            + " nesterov, adam, adamw, rmsprop",
        "{'fineTuning':{'epochs':1.5}}|/fineTuning/epochs: must be of type integer, not number",
        "{'fineTuning':{'learningRate':'x'}}|/fineTuning/learningRate: must be of type number, not"
            + " string, or must be auto",
        "{'fineTuning':{'seed':99999999999999999999}}|/fineTuning/seed: must be at most"
            + " 9223372036854775807",
        "{'quantization':{'scheme':'int3'}}|/quantization/scheme: must be one of int8, int4,"
            + " int8-weights, float16, int16x8",
        "{'quantization':{'scheme':['int8','int3']}}|/quantization/scheme/1: must be one of int8,"
            + " int4, int8-weights, float16, int16x8",
        "{'quantization':{'scheme':['int8','int8']}}|/quantization/scheme: must have only"
            + " unique items in the array",
        "{'quantization':{'scheme':[]}}|/quantization/scheme: must have at least 1 items"
            + " but found 0",
        "{'quantization':{'scheme':'float16','inputType':'int8'}}|/quantization/inputType: int8 and"
            + " uint8 are of the schemes int8 and int4, and neither is asked for (float32 is of"
            + " all)",
        "{'quantization':{'scheme':'int4','weightBits':4}}|/quantization/weightBits: says how the"
            + " scheme int8 stores kernels, which is not asked for",
        "{'quantization':{'weightBits':5}}|/quantization/weightBits: must be one of 4, 8",
        "{'quantization':{'keepInt8':['dense']}}|/quantization/keepInt8: no kernel has four bits"
            + " (the scheme int4 and weightBits 4 make such)",
        "{'quantization':{'scheme':['int8'],'outputType':'int16'}}|/quantization/outputType: int16"
            + " is of the scheme int16x8, which is not asked for (float32 is of all)",
        "{'quantization':{'scheme':'float16','integerOnly':true}}|/quantization/integerOnly: no"
            + " scheme that is asked for has integer activations (int8 has)",
        "{'quantization':{'scheme':'float16','aware':true}}|/quantization/aware: trains for the"
            + " schemes int8 and int4, which are not asked for",
        "{'quantization':{'scheme':'int4','keepFloat':'auto'}}|/quantization/keepFloat: auto is for"
            + " schemes of eight bits and more (with four, name the layers, or use keepInt8)",
        "{'quantization':{'integerOnly':true,'keepFloat':['a']}}|/quantization/keepFloat: needs"
            + " float operations, which integerOnly refuses",
        "{'representative':{'samples':0}}|/representative/samples: must be at least 1",
        "{'preprocessing':{'mean':[0,'a']}}|/preprocessing/mean/1: must be of type number, not"
            + " string",
        "{'preprocessing':{'std':[0]}}|/preprocessing/std/0: must be above 0",
        "{'acceptance':{'maxAccuracyDrop':2}}" + "|/acceptance/maxAccuracyDrop: must be at most 1",
        "[]|/: must be a JSON object",
        "{'plan':[]}|/plan: must be a JSON object",
        "{'pruning':{'blockSize':[1,4]}}|/pruning/blockSize: is not known here (known are method,"
            + " allocation, schedule, initialSparsity, finalSparsity, beginStep, endStep,"
            + " frequency, channels, pattern)",
        "{'pruning':{'channels':1.5}}|/pruning/channels: must be below 1, or must be of type"
            + " string, not number",
        "{'pruning':{'channels':{'share':'much'}}}|/pruning/channels/share: must be of type"
            + " number, not string, or must be auto",
        "{'pruning':{'channels':{'of':'bytes'}}}|/pruning/channels/share: is required",
        "{'pruning':{'channels':{'share':0.5,'of':'time'}}}|/pruning/channels/of: must be one of"
            + " macs, bytes, memory, both",
        "{'plan':{'pruning':{'method':'reconstruct','frequency':10}}}|/plan/pruning/frequency:"
            + " belongs to the method magnitude; reconstruct prunes at once (leave it out)",
        "{'pruning':{'method':'magnitude','allocation':'lamp'}}|/pruning/allocation: the method"
            + " magnitude gives each kernel the same sparsity (uniform); lamp and sensitivity need"
            + " the method reconstruct",
        "{'later':1}|/later: is not known here (known are task, replace, preprocessing, pruning,"
            + " fineTuning, quantization, representative, acceptance, skipUnreadable, sampleField,"
            + " targetField, device, heldOut, search)",
        "{'plan':{'later':1}}|/plan/later: is not known here (known are task, replace,"
            + " preprocessing, pruning, fineTuning, quantization, representative, acceptance,"
            + " skipUnreadable, sampleField, targetField, device, heldOut, search)",
        "{'device':'cortex-m3'}|/device: must be one of cortex-m4, cortex-m7, cortex-m55, esp32-s3,"
            + " ethos-u55, edge-tpu",
        "{'model':{},'acceptance':{'maxDrop':1}}|/acceptance/maxDrop: is not known here (known are"
            + " maxAccuracyDrop, maxLossIncrease, bounds, allowChance)",
        "{'acceptance':{'bounds':{'mae':{}}}}"
            + "|/acceptance/bounds/mae: must have at least 1 properties",
        "{'acceptance':{'bounds':{'mae':{'maxDrop':1}}}}"
            + "|/acceptance/bounds/mae: less is better: use maxRise",
        "{'datasets':{'representative':{'samples':0}}}"
            + "|/datasets/representative/samples: must be at least 1",
        "{'plan':{'acceptance':{'maxAccuracyDrop':0.1}},'acceptance':{'maxAccuracyDrop':0.2}}"
            + "|/acceptance: differs from /plan/acceptance (leave one out)",
        "{'pruning':{'frequency':0,'beginStep':-1}}"
            + "|/pruning/beginStep: must be at least 0; /pruning/frequency: must be at least 1",
      })
  void wrongFieldIsNamedByItsPath(String document, String message) {
    assertThatThrownBy(() -> Plan.read(json(document)))
        .isInstanceOf(PlanException.class)
        .hasMessage(message);
  }

  @Test
  void searchIsReadWithItsDefaults() throws Exception {
    Plan plan = Plan.read(json("{'search':{'objective':'macs','trials':7}}"));

    assertThat(plan.search())
        .hasValueSatisfying(
            search -> {
              assertThat(search.objective()).isEqualTo(Search.Objective.MACS);
              assertThat(search.trials()).isEqualTo(7);
              assertThat(search.epochs()).isEqualTo(Search.DEFAULT.epochs());
            });
    assertThat(Plan.read(plan.document())).isEqualTo(plan);
    assertThat(Plan.DEFAULT.document().has("search")).isFalse();
  }
}
