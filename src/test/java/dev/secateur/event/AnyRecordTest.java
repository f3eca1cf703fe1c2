package dev.secateur.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever a record holds, it is an event or is refused with a reason: nothing else comes out. */
final class AnyRecordTest {
  private static final int RECORDS = 20_000;
  private static final int MOST = 100_000;

  private static final String SOUND =
      """
      {"model":{"name":"m","version":"1","uri":"s3://models/a.h5","sha256":null},
       "datasets":{"train":{"uri":"s3://datasets/a.npz"},"representative":{"samples":100}},
       "preprocessing":{"scale":0.5,"mean":[1,2,3]},
       "plan":{"pruning":{"schedule":"polynomial-decay","finalSparsity":0.5,"endStep":"auto"},
               "fineTuning":{"recipe":"recommended","epochs":2,"batchSize":32},
               "quantization":{"scheme":"int8"}},
       "acceptance":{"maxAccuracyDrop":0.02}}\
      """;

  private static final List<String> VALUES =
      List.of(
          "1e400",
          "-1e400",
          "1e-400",
          "1e308",
          "-0.0",
          "1.0",
          "9".repeat(64),
          "9".repeat(65),
          "null",
          "true",
          "{}",
          "[]",
          "\"\"",
          "\"\\u0000\"",
          "\"\\ud800\"",
          "[[[[1]]]]",
          "NaN",
          "{\"uri\":1e400}",
          "\"" + "x".repeat(3000) + "\"",
          "2147483648",
          "1e2147483648");

  private static final List<String> TIMES =
      List.of(
          "0001-01-01T00:00:00Z",
          "2001-01-01T00:00:00Z",
          "+999999999-12-31T23:59:59Z",
          "-999999999-01-01T00:00:00+18:00",
          "2026-01-01",
          "",
          "1e400");

  private static final List<String> NAMES =
      List.of(
          "ce_id",
          "CE-ID",
          "ce_type",
          "ce_source",
          "ce_specversion",
          "ce_time",
          "ce_subject",
          "content-type",
          "Content-Type",
          "traceparent",
          "ce_traceparent",
          "",
          "ce_",
          "x");

  @Test
  void everyRecordIsAnEventOrIsRefused() {
    Random random = new Random(7);
    int events = 0;
    for (int n = 0; n < RECORDS; n++) {
      Map<String, byte[]> headers = headers(random);
      byte[] value = value(random);
      try {
        CloudEvent event = KafkaBinding.read(headers, Optional.of(value), MOST, "plain-" + n);
        if (event.type() == EventType.REGISTERED) {
          ModelRegistered.read(event.data());
          events++;
        }
      } catch (MalformedEventException e) {
        assertThat(e.getMessage()).isNotBlank();
      } catch (RuntimeException | Error e) {
        throw new AssertionError(headers + " " + new String(value, StandardCharsets.UTF_8), e);
      }
    }
    assertThat(events).as("sound ones among them").isGreaterThan(RECORDS / 20);
  }

  private static Map<String, byte[]> headers(Random random) {
    Map<String, byte[]> headers = new HashMap<>();
    if (random.nextInt(3) > 0) {
      headers.put("ce_specversion", bytes("1.0"));
      headers.put("ce_id", bytes("1"));
      headers.put("ce_source", bytes("/any"));
      headers.put("ce_type", bytes(EventType.REGISTERED.type()));
    }
    if (random.nextInt(3) == 0) {
      headers.put("ce_time", bytes(TIMES.get(random.nextInt(TIMES.size()))));
    }
    for (int strange = random.nextInt(3) - 1; strange > 0; strange--) {
      byte[] garbage = new byte[random.nextInt(40)];
      random.nextBytes(garbage);
      String name = NAMES.get(random.nextInt(NAMES.size()));
      headers.put(name, random.nextInt(3) == 0 ? null : garbage);
    }
    return headers;
  }

  /** The sound one with some of its values replaced, some of its bytes, or none. */
  private static byte[] value(Random random) {
    String text = SOUND;
    for (int times = random.nextInt(3); times > 0; times--) {
      int colon = text.indexOf(':', random.nextInt(text.length()));
      int end = colon < 0 ? -1 : text.indexOf(',', colon);
      if (end > 0) {
        String other = VALUES.get(random.nextInt(VALUES.size()));
        text = text.substring(0, colon + 1) + other + text.substring(end);
      }
    }
    byte[] value = bytes(text);
    for (int times = random.nextInt(8) - 5; times > 0; times--) {
      value[random.nextInt(value.length)] = (byte) random.nextInt();
    }
    return value;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
