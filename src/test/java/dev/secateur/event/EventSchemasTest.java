package dev.secateur.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.plan.JsonSchema;
import dev.secateur.plan.Plan;
import dev.secateur.plan.Scheme;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class EventSchemasTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private static ObjectNode sound() throws Exception {
    return (ObjectNode)
        MAPPER.readTree(
            """
            {"model": {"name": "cifar10-resnet8", "version": "3", "uri": "s3://models/cifar10-resnet8/3/model.h5"},
             "datasets": {"train": {"uri": "s3://datasets/cifar10/train.npz"}, "evaluation": {"uri": "s3://datasets/cifar10/test.npz"},
                          "representative": {"samples": 100}},
             "preprocessing": {"scale": 1.0, "mean": [0,0,0], "std": [1,1,1]},
             "plan": {"pruning": {"schedule": "polynomial-decay", "initialSparsity": 0.0, "finalSparsity": 0.5, "beginStep": 0, "endStep": 1000, "frequency": 100},
                      "fineTuning": {"epochs": 5, "batchSize": 32, "optimizer": "adam", "learningRate": 0.0001, "seed": 1},
                      "quantization": {"scheme": "int8", "inputType": "float32", "outputType": "float32"}},
             "acceptance": {"maxAccuracyDrop": 0.01},
             "output": {"uri": "s3://artifacts/"}}
            """);
  }

  @ParameterizedTest
  @EnumSource(EventType.class)
  void eachSchemaHasExamplesThatItTakes(EventType type) throws Exception {
    JsonNode examples = MAPPER.readTree(JsonSchema.text(type.schema())).path("examples");
    assertThat(examples).isNotEmpty();
    for (JsonNode example : examples) {
      assertThat(EventSchemas.violations(type, example)).isEmpty();
      if (type == EventType.REGISTERED) {
        var unused = Plan.read((ObjectNode) example);
        assertThat(ModelRegistered.read((ObjectNode) example).model().name()).isNotEmpty();
      }
    }
  }

  @Test
  void theReportsSchemaHasAnExampleThatItTakes() throws Exception {
    JsonNode examples = MAPPER.readTree(JsonSchema.text("report.v1.json")).path("examples");
    assertThat(examples).isNotEmpty();
    for (JsonNode example : examples) {
      assertThat(JsonSchema.of("report.v1.json").violations((ObjectNode) example)).isEmpty();
    }
  }

  @Test
  void theVariantsThatSchemasKnowAreThoseOfTheSchemes() throws Exception {
    List<String> names = new ArrayList<>(List.of("original", "pruned", "fp32"));
    for (Scheme scheme : Scheme.values()) {
      names.add(scheme.label());
    }
    for (String schema : List.of("report.v1.json", "compression.completed.v1.json")) {
      assertThat(
              MAPPER
                  .readTree(JsonSchema.text(schema))
                  .at("/properties/variants/items/properties/name/enum"))
          .as(schema)
          .extracting(JsonNode::asText)
          .containsExactlyElementsOf(names);
    }
  }

  @Test
  void theDesignsExampleIsSoundAndUnknownFieldsOfTheEnvelopeAreIgnored() throws Exception {
    assertThat(EventSchemas.violations(EventType.REGISTERED, sound())).isEmpty();
    ObjectNode newer = sound().put("urgency", "high");
    newer.withObject("/model").put("owner", "vision");
    assertThat(EventSchemas.violations(EventType.REGISTERED, newer)).isEmpty();
  }

  @Test
  void unknownFieldsInsideThePartsThatSayWhatToDoAreRefused() throws Exception {
    for (String part :
        List.of(
            "/plan",
            "/plan/pruning",
            "/plan/fineTuning",
            "/plan/quantization",
            "/preprocessing",
            "/acceptance",
            "/datasets",
            "/datasets/train",
            "/datasets/evaluation",
            "/datasets/representative")) {
      ObjectNode wrong = sound();
      wrong.withObject(part).put("pruningg", 1);
      assertThat(EventSchemas.violations(EventType.REGISTERED, wrong))
          .as(part)
          .singleElement()
          .asString()
          .startsWith(part + "/pruningg: is not known here (known are ");
    }
  }

  @Test
  void eachDefectIsNamedByItsPath() throws Exception {
    ObjectNode wrong = sound();
    wrong.withObject("/plan/pruning").put("finalSparsity", 1.0).put("frequency", 0);
    wrong.withObject("/plan/fineTuning").put("epochs", "five").put("optimizer", "lion");
    wrong.withObject("/model").put("uri", "http://example.com/model.h5").put("sha256", "AB");
    assertThat(EventSchemas.violations(EventType.REGISTERED, wrong))
        .contains(
            "/plan/pruning/finalSparsity: must be below 1",
            "/plan/pruning/frequency: must be at least 1",
            "/plan/fineTuning/epochs: must be of type integer, not string")
        .anyMatch(v -> v.startsWith("/plan/fineTuning/optimizer: must be one of sgd, "))
        .anyMatch(v -> v.startsWith("/model/uri: must match "))
        .anyMatch(v -> v.startsWith("/model/sha256: must match "))
        .hasSize(6);
  }

  @Test
  void onlyWhatTrainsNeedsATrainingSet() throws Exception {
    ObjectNode event = sound();
    event.withObject("/datasets").remove("train");
    ModelRegistered.read(event).requireSamples(false);
    assertThatThrownBy(() -> ModelRegistered.read(event).requireSamples(true))
        .isInstanceOf(MalformedEventException.class)
        .hasMessageContaining("/datasets/train: is required");
    event.withObject("/datasets").remove("evaluation");
    event.withObject("/datasets/representative").remove("uri");
    assertThatThrownBy(() -> ModelRegistered.read(event).requireSamples(false))
        .hasMessageContaining("/datasets: needs");
  }

  @Test
  void namesCannotLeaveTheirPlaceInAPath() throws Exception {
    for (String name : List.of("../secrets", "a/../b", "/a", "a/", "", ".hidden", "a\nb")) {
      ObjectNode event = sound();
      event.withObject("/model").put("name", name);
      assertThat(EventSchemas.violations(EventType.REGISTERED, event)).as(name).isNotEmpty();
    }
  }

  @Test
  void aResolvedPlanIsOneThatARegisteredEventMayHave() throws Exception {
    ObjectNode plan = Plan.DEFAULT.document();
    ObjectNode event = sound();
    event.set("plan", plan);
    event.remove(List.of("preprocessing", "acceptance"));
    assertThat(EventSchemas.violations(EventType.REGISTERED, event)).isEmpty();
    assertThat(Plan.read(event)).isEqualTo(Plan.DEFAULT);
  }

  @Test
  void theAsyncApiDocumentNamesEachTypeAndASchemaThatIsThere() throws Exception {
    String document = Files.readString(Path.of("docs/asyncapi.yaml"));
    List<String> schemas = new ArrayList<>();
    Matcher references = Pattern.compile("\\$ref: (\\.\\./\\S+\\.json)").matcher(document);
    while (references.find()) {
      Path schema = Path.of("docs").resolve(references.group(1)).normalize();
      assertThat(MAPPER.readTree(Files.readAllBytes(schema)).has("$schema")).isTrue();
      schemas.add(schema.getFileName().toString());
    }
    assertThat(schemas).hasSize(EventType.values().length);
    for (EventType type : EventType.values()) {
      assertThat(document).contains("name: " + type.type());
      assertThat(schemas).anyMatch(s -> type.schema().equals(s));
    }
  }

  @Test
  void canonicalBytesDoNotDependOnTheOrderOfFields() throws Exception {
    JsonNode one = MAPPER.readTree("{\"b\":[1,{\"d\":2,\"c\":3}],\"a\":null}");
    JsonNode other = MAPPER.readTree("{\"a\":null,\"b\":[1,{\"c\":3,\"d\":2}]}");
    assertThat(EventJson.canonical(one)).isEqualTo(EventJson.canonical(other));
  }
}
