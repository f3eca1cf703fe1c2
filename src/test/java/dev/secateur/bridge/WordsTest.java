package dev.secateur.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.EventSchemas;
import dev.secateur.event.EventType;
import dev.secateur.ledger.Order;
import dev.secateur.store.ObjectUri;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What strangers write, and how it is read: names, addresses, tags, trees. */
final class WordsTest {
  @ParameterizedTest
  @ValueSource(strings = {"shapes", "shapes net's", "a/b", "50% \"off\"", "модель", " ", "a/1/b"})
  void anIdTellsTheVersionAndIsTheLedgersOrder(String name) {
    VersionEvent event = new VersionEvent("mlflow", name, "12", "0123456789abcdef");
    assertThat(VersionEvent.parse(event.id())).contains(event);
    assertThat(event.order()).isEqualTo(Order.idOf(VersionEvent.SOURCE, event.id()));
    assertThat(EventName.of(name)).matches("[A-Za-z0-9][A-Za-z0-9._+/-]*");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "x", "mlflow:a/b/c/0123456789abcdef", "mlflow:a/b/1/0123", "mlflow:a/1/ab"})
  void otherIdsAreNotTheBridges(String id) {
    assertThat(VersionEvent.parse(id)).isEmpty();
  }

  @Test
  void twoModelsNeverShareAName() {
    assertThat(EventName.of("a b"))
        .isNotEqualTo(EventName.of("a-b"))
        .isNotEqualTo(EventName.of("a'b"));
    assertThat(EventName.of("x".repeat(256)))
        .hasSizeLessThanOrEqualTo(128)
        .isNotEqualTo(EventName.of("x".repeat(255)));
    assertThat(EventName.of("shapes")).isEqualTo("shapes");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "s3://datasets/a/../b",
        "s3://datasets/a/%2e%2e/b",
        "s3://datasets/%252e%252E/b",
        "s3://datasets/a%2f..%2fb",
        "s3://datasets/a\\..\\b",
        "s3://datasets/a\u0000b",
        "s3://datasets/a%00b",
        "s3://datasets",
        "s3://datasets2/x",
        "s3://other/datasets/x",
        "http://datasets/x",
        "file:///datasets/x",
        "/datasets/x",
        ""
      })
  void anAddressThatLeadsElsewhereIsRefused(String address) {
    AllowedPrefixes allowed =
        new AllowedPrefixes("the.key", List.of("s3://datasets/a/", "s3://datasets/b"));
    assertThatThrownBy(() -> allowed.require("the tag", address))
        .isInstanceOf(Refusal.class)
        .hasMessageStartingWith("the tag: ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"s3://datasets/a/x.npz", "s3a://datasets/a/", "s3://datasets/b/..x/y%20z"})
  void anAddressBelowAPrefixIsTaken(String address) {
    AllowedPrefixes allowed =
        new AllowedPrefixes("the.key", List.of("s3://datasets/a/", "s3://datasets/b"));
    assertThatCode(() -> allowed.require("the tag", address)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @CsvSource({
    "data/model.keras, data/model.keras|data/keras_module.txt|MLmodel|conda.yaml",
    "data/model.h5, data/model.h5|data/custom_objects.cloudpickle|MLmodel",
    "data/model/, data/model/saved_model.pb|data/model/variables/variables.index|MLmodel",
    "tf2model/, tf2model/saved_model.pb|tf2model/keras_metadata.pb|MLmodel",
    "net.KERAS, net.KERAS|MLmodel|requirements.txt",
    "weird name, weird name|MLmodel|python_env.yaml",
    "data/model.keras, data/model.keras|extra/other.keras|MLmodel",
    "'', saved_model.pb|variables/variables.index|assets/a.h5"
  })
  void theModelIsFoundInEachTree(String model, String files) throws Exception {
    assertThat(ModelTree.model(List.of(files.split("\\|")))).isEqualTo(model);
  }

  @ParameterizedTest
  @ValueSource(strings = {"MLmodel", "a.keras|b.keras|MLmodel", "a|b"})
  void aTreeWithNoModelOrSeveralIsRefused(String files) {
    assertThatThrownBy(() -> ModelTree.model(List.of(files.split("\\|"))))
        .isInstanceOf(Refusal.class);
  }

  @Test
  void aProxiedAddressIsReadWhereItIsSaidToLie() throws Exception {
    Optional<ObjectUri> root = Optional.of(ObjectUri.of("s3://mlflow/artifacts/"));
    for (String address :
        List.of(
            "mlflow-artifacts:/1/m/artifacts",
            "mlflow-artifacts://host:5000/1/m/artifacts",
            "mlflow-artifacts://host/api/2.0/mlflow-artifacts/artifacts/1/m/artifacts")) {
      assertThat(Place.of("x", address, root))
          .isEqualTo(new Place.Stored(ObjectUri.of("s3://mlflow/artifacts/1/m/artifacts")));
      assertThat(Place.of("x", address, Optional.empty()))
          .isEqualTo(new Place.Proxied("1/m/artifacts"));
    }
    assertThatThrownBy(() -> Place.of("x", "mlflow-artifacts:/1/../../etc", root))
        .isInstanceOf(Refusal.class);
    assertThatThrownBy(() -> Place.of("x", "dbfs:/x", root)).isInstanceOf(Refusal.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "true | {}",
        "TRUE | {}",
        "search | {\"plan\":{\"search\":{}}}",
        "{\"plan\": {\"pruning\": {\"finalSparsity\": 0.6}}} |"
            + " {\"plan\":{\"pruning\":{\"finalSparsity\":0.6}}}",
        "{\"pruning\": {\"finalSparsity\": 0.6}, \"acceptance\": {\"maxAccuracyDrop\": 0.1}} |"
            + " {\"plan\":{\"pruning\":{\"finalSparsity\":0.6}},\"acceptance\":{\"maxAccuracyDrop\":0.1}}"
      })
  void aTagIsReadAsAPlan(String tag, String data) throws Exception {
    assertThat(Asked.of("p.", Map.of("p.compress", tag), Map.of()).data().toString())
        .isEqualTo(data);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "maybe",
        "{",
        "{\"a\": 1, \"a\": 2}",
        "{\"model\": {\"uri\": \"s3://models/x\"}}",
        "{\"plan\": {}, \"output\": {\"uri\": \"s3://artifacts/elsewhere/\"}}"
      })
  void aTagThatIsNoneIsRefused(String tag) {
    assertThatThrownBy(() -> Asked.of("p.", Map.of("p.compress", tag), Map.of()).data())
        .isInstanceOf(Refusal.class)
        .hasMessageStartingWith("secateur.compress: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1/0", "one", "1/", "0/0", "..", "[1]", "{\"scale\": }"})
  void aScaleThatIsNoNumberIsRefused(String tag) {
    Asked asked = Asked.of("p.", Map.of("p.preprocessing", tag), Map.of());
    assertThatThrownBy(asked::data)
        .isInstanceOf(Refusal.class)
        .hasMessageStartingWith("secateur.preprocessing: ");
  }

  @ParameterizedTest
  @CsvSource({"int8, int8", "fp32, fp32", "fp32|int8, fp32", "int8|fp32, int8", "unknown, int8"})
  void theModelBesideIsThatOfTheFirstScheme(String schemes, String variant) throws Exception {
    ObjectNode data =
        (ObjectNode)
            new ObjectMapper()
                .readTree(EventSchemas.text(EventType.COMPLETED))
                .path("examples")
                .path(0);
    ObjectNode quantization = data.withObject("/plan/quantization");
    if (schemes.contains("|")) {
      List.of(schemes.split("\\|")).forEach(quantization.putArray("scheme")::add);
    } else {
      quantization.put("scheme", schemes);
    }
    Variants variants = new Variants(data);
    assertThat(variants.compressed().orElseThrow().path("name").asText()).isEqualTo(variant);
    assertThat(variants.summary()).startsWith(variant + ": ").contains(" of 59792 bytes");
    assertThat(variants.table().lines()).hasSize(2 + data.path("variants").size());
    assertThat(variants.parameters())
        .containsEntry("pruning.finalSparsity", "0.5")
        .containsKey("quantization.scheme");
  }

  @Test
  void equalWordsHaveEqualDigestsWhoeverSaysThem() {
    Asked version = Asked.of("p.", Map.of("p.compress", "true", "p.train", "s3://d/x"), Map.of());
    Asked model = Asked.of("p.", Map.of("p.compress", "true"), Map.of("p.train", " s3://d/x "));
    assertThat(version.digest()).isEqualTo(model.digest()).hasSize(16);
    assertThat(Asked.of("p.", Map.of("p.compress", "true", "other", "x"), Map.of()).digest())
        .isNotEqualTo(version.digest());
  }
}
