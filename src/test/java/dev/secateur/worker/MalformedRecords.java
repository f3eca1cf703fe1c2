package dev.secateur.worker;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.store.Digests;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Twenty kinds of records that are no registered event, each with the reason it must get. */
final class MalformedRecords {
  static final int REPEATS = 50;
  static final String EXPECTED = "test-expected-reason";
  static final String DIGEST = "test-value-sha256";

  /** One record of 50 MB; its siblings are as much too large and quicker to send. */
  private static final int LARGE = 50 << 20;

  private static final int TOO_LARGE = 70_000;

  private final Platform platform;
  private final String sound;
  private int sent;
  private int answered;

  MalformedRecords(Platform platform) throws Exception {
    this.platform = platform;
    this.sound = platform.job("malformed", "1", 1).toString();
  }

  int sent() {
    return sent;
  }

  /** Those that say who they are, and what they want: they are answered instead of put aside. */
  int answered() {
    return answered;
  }

  void sendAll(int round) throws Exception {
    Map<String, String> none = Map.of();
    send("tombstone", null, none);
    send("too-large", "\"" + "x".repeat(round == 0 ? LARGE : TOO_LARGE) + "\"", none);
    send("broken-json", "{\"model\":", none);
    send("broken-json", "", none);
    send("broken-json", sound + "}", none);
    send("broken-json", "[".repeat(500) + "]".repeat(500), none);
    send("broken-json", "{\"model\":1,\"model\":2}", none);
    send("broken-json", "{\"a\":" + "9".repeat(2000) + "}", none);
    send("broken-json", "\u0000\u0001\u0002", none);
    send("invalid-data", "[]", none);
    send("invalid-data", "{}", none);
    send("invalid-data", with("model", "\"a string\""), none);
    send("invalid-data", with("plan", "{\"pruning\":{\"finalSparsity\":1.0}}"), none);
    send("invalid-data", with("plan", "{\"fineTuning\":{\"epochs\":\"many\"}}"), none);
    send("invalid-data", with("plan", "{\"pruning\":{\"beginStep\":9,\"endStep\":3}}"), none);
    send("spec-version", sound, attributes("specversion", "0.3"));
    send("attribute", sound, attributes("id", ""));
    send("attribute", sound, attributes("time", "yesterday"));
    answered++;
    send("unknown-type", sound, attributes("type", "com.example.other.v1"));
    send("content-type", sound, Map.of("content-type", "application/cloudevents+avro"));
  }

  private String with(String field, String json) throws Exception {
    ObjectNode data = platform.job("malformed", "1", 1);
    data.set(field, new com.fasterxml.jackson.databind.ObjectMapper().readTree(json));
    return data.toString();
  }

  private static Map<String, String> attributes(String name, String value) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("ce_specversion", "1.0");
    headers.put("ce_id", "malformed");
    headers.put("ce_source", "/test");
    headers.put("ce_type", "dev.secateur.model.registered.v1");
    headers.put("ce_" + name, value);
    return headers;
  }

  private void send(String reason, String text, Map<String, String> headers) {
    byte[] value = text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(platform.registered(), value);
    headers.forEach((n, v) -> record.headers().add(n, v.getBytes(StandardCharsets.UTF_8)));
    record.headers().add(EXPECTED, reason.getBytes(StandardCharsets.UTF_8));
    record
        .headers()
        .add(
            DIGEST,
            Digests.sha256(value == null ? new byte[0] : value).getBytes(StandardCharsets.UTF_8));
    platform.send(record);
    sent++;
  }
}
