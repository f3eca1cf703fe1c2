package dev.secateur.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.MalformedEventException.Reason;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class KafkaBindingTest {
  private static final int MOST = 10_000;
  private static final String DATA =
      "{\"model\":{\"uri\":\"s3://models/a.h5\"},\"datasets\":{\"train\":{\"uri\":\"s3://datasets/a.npz\"}}}";

  private static CloudEvent event() throws Exception {
    return new CloudEvent(
        "id-1",
        "/test",
        EventType.REGISTERED,
        Optional.of("subject"),
        Optional.of(Instant.parse("2026-01-02T03:04:05Z")),
        Optional.of("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        (ObjectNode) EventJson.parse(DATA.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void bothModesGiveBackTheEventThatWentIn() throws Exception {
    for (KafkaBinding.Encoded encoded :
        new KafkaBinding.Encoded[] {
          KafkaBinding.binary(event()), KafkaBinding.structured(event())
        }) {
      CloudEvent read =
          KafkaBinding.read(encoded.headers(), Optional.of(encoded.value()), MOST, "plain");
      assertThat(read).isEqualTo(event());
    }
  }

  @Test
  void plainJsonIsTheDataOfARegisteredEventWithTheGivenId() throws Exception {
    CloudEvent read = read(Map.of(), DATA);
    assertThat(read.id()).isEqualTo("plain");
    assertThat(read.type()).isEqualTo(EventType.REGISTERED);
    assertThat(ModelRegistered.read(read.data()).model().resolvedName()).isEqualTo("a");
  }

  @Test
  void attributesThatComeBackInTheAnswersHaveABound() throws Exception {
    refused(Reason.ATTRIBUTE, attributes("id", "x".repeat(1025)), DATA);
    assertThat(read(attributes("id", "x".repeat(1024)), DATA).id()).hasSize(1024);
    String trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    assertThat(read(attributes("traceparent", trace), DATA).traceparent()).hasValue(trace);
    assertThat(read(attributes("traceparent", "0".repeat(257)), DATA).traceparent()).isEmpty();
  }

  @Test
  void aRecordIsRefusedWithTheReasonThatItsProducerCanMend() {
    refused(Reason.BROKEN_JSON, Map.of(), "{");
    refused(Reason.BROKEN_JSON, Map.of(), "");
    refused(Reason.BROKEN_JSON, Map.of(), "{\"a\":1,\"a\":2}");
    refused(Reason.BROKEN_JSON, Map.of(), DATA + "}");
    refused(Reason.BROKEN_JSON, Map.of(), "[".repeat(100) + "]".repeat(100));
    refused(Reason.INVALID_DATA, Map.of(), "[]");
    refused(Reason.TOO_LARGE, Map.of(), " ".repeat(MOST + 1));
    refused(Reason.SPEC_VERSION, attributes("specversion", "0.3"), DATA);
    refused(Reason.ATTRIBUTE, attributes("source", ""), DATA);
    refused(Reason.ATTRIBUTE, attributes("time", "soon"), DATA);
    refused(Reason.UNKNOWN_TYPE, attributes("type", "other"), DATA);
    refused(Reason.CONTENT_TYPE, Map.of("content-type", "application/cloudevents+avro"), DATA);
    assertThatExceptionOfType(MalformedEventException.class)
        .isThrownBy(() -> KafkaBinding.read(Map.of(), Optional.empty(), MOST, "plain"))
        .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.TOMBSTONE));
  }

  @Test
  void aRefusalNamesThePlaceInTheText() {
    assertThatExceptionOfType(MalformedEventException.class)
        .isThrownBy(() -> read(Map.of(), "{\n  \"model\": oops}"))
        .withMessageContaining("line 2");
  }

  @Test
  void headersAreReadInEverySpelling() throws Exception {
    Map<String, String> spelled = new HashMap<>();
    attributes("traceparent", "00-1-2-01")
        .forEach((name, value) -> spelled.put(name.replace("ce_", "CE-"), value));
    spelled.put("Content-Type", "application/json; charset=utf-8");
    CloudEvent read = read(spelled, DATA);
    assertThat(read.id()).isEqualTo("1");
    assertThat(read.traceparent()).hasValue("00-1-2-01");
  }

  @Test
  void aTraceparentWithoutPrefixIsTheEventsUnlessItHasItsOwn() throws Exception {
    Map<String, String> headers = attributes("id", "1");
    headers.put("traceparent", "plain");
    assertThat(read(headers, DATA).traceparent()).hasValue("plain");
    headers.put("ce_traceparent", "own");
    assertThat(read(headers, DATA).traceparent()).hasValue("own");
  }

  @Test
  void aStructuredEventThatIsCalledJsonIsReadAndRefusedAsAnEvent() throws Exception {
    KafkaBinding.Encoded structured = KafkaBinding.structured(event());
    Map<String, byte[]> json =
        Map.of("content-type", "application/json".getBytes(StandardCharsets.UTF_8));
    assertThat(KafkaBinding.read(json, Optional.of(structured.value()), MOST, "plain"))
        .isEqualTo(event());
    String nameless = "{\"specversion\":\"1.0\",\"type\":\"" + EventType.REGISTERED.type() + "\"}";
    assertThatExceptionOfType(MalformedEventException.class)
        .isThrownBy(() -> read(Map.of(), nameless))
        .withMessage("id: is required");
  }

  @Test
  void whatASchemaRegistryFramesIsRefusedWithTheRemedy() {
    assertThatExceptionOfType(MalformedEventException.class)
        .isThrownBy(() -> read(Map.of(), "\0\0\0\0\7" + DATA))
        .withMessageContaining("schema id 7")
        .withMessageContaining("string or byte-array serializer");
  }

  @Test
  void dataIsReadAsItIsMeant() throws Exception {
    String sha256 = "AB".repeat(32);
    String data =
        """
        {"model": {"name": "org/model", "version": 3, "uri": "s3a://models/a.h5", "sha256": "%s"},
         "datasets": {"train": {"uri": "s3n://datasets/a.npz", "sha256": null}, "evaluation": null},
         "output": null, "plan": {"fineTuning": {"epochs": 2.0, "seed": null}}}
        """
            .formatted(sha256);
    CloudEvent event = read(Map.of(), data);
    ModelRegistered model = ModelRegistered.read(event.data());
    assertThat(model.model().resolvedName()).isEqualTo("org/model");
    assertThat(model.model().resolvedVersion()).isEqualTo("3");
    assertThat(model.model().uri()).isEqualTo("s3://models/a.h5");
    assertThat(model.model().sha256()).hasValue(sha256.toLowerCase(java.util.Locale.ROOT));
    assertThat(model.datasets().train().orElseThrow().uri()).isEqualTo("s3://datasets/a.npz");
    assertThat(model.datasets().evaluation()).isEmpty();
    assertThat(event.data().at("/plan/fineTuning/epochs").isIntegralNumber()).isTrue();
    String versioned =
        DATA.replace("\"uri\":\"s3://models", "\"version\":\"1.0.0+build5\",\"uri\":\"s3://models");
    assertThat(ModelRegistered.read(read(Map.of(), versioned).data()).model().resolvedVersion())
        .isEqualTo("1.0.0+build5");
  }

  @Test
  void aNameLeadsNowhereElse() {
    for (String name : new String[] {"../x", "a/../b", "/a", "a/", "a//b", ".", "a/.b"}) {
      String data =
          DATA.replace(
              "{\"uri\":\"s3://models", "{\"name\":\"" + name + "\",\"uri\":\"s3://models");
      assertThatExceptionOfType(MalformedEventException.class)
          .as(name)
          .isThrownBy(() -> ModelRegistered.read(read(Map.of(), data).data()));
    }
  }

  private static Map<String, String> attributes(String name, String value) {
    Map<String, String> headers = new HashMap<>();
    headers.put("ce_specversion", "1.0");
    headers.put("ce_id", "1");
    headers.put("ce_source", "/test");
    headers.put("ce_type", EventType.REGISTERED.type());
    headers.put("ce_" + name, value);
    return headers;
  }

  private static void refused(Reason reason, Map<String, String> headers, String text) {
    assertThatExceptionOfType(MalformedEventException.class)
        .isThrownBy(() -> read(headers, text))
        .satisfies(e -> assertThat(e.reason()).isEqualTo(reason));
  }

  private static CloudEvent read(Map<String, String> headers, String text)
      throws MalformedEventException {
    Map<String, byte[]> bytes = new HashMap<>();
    headers.forEach((name, value) -> bytes.put(name, value.getBytes(StandardCharsets.UTF_8)));
    return KafkaBinding.read(
        bytes, Optional.of(text.getBytes(StandardCharsets.UTF_8)), MOST, "plain");
  }
}
