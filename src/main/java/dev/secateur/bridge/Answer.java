package dev.secateur.bridge;

import dev.secateur.event.CloudEvent;
import dev.secateur.event.EventType;
import dev.secateur.event.KafkaBinding;
import dev.secateur.event.MalformedEventException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/**
 * What the workers answered to an event of the bridge's.
 *
 * @param event a {@code completed} or a {@code failed}
 */
record Answer(VersionEvent asked, CloudEvent event) {
  /** As large as a result may be. */
  static final int LARGEST = 4 << 20;

  /** Empty for answers to others, and for what is none. */
  static Optional<Answer> of(ConsumerRecord<byte[], byte[]> record, String registry) {
    Map<String, byte[]> headers = new HashMap<>();
    for (Header header : record.headers()) {
      headers.put(header.key(), header.value());
    }
    CloudEvent event;
    try {
      event = KafkaBinding.read(headers, Optional.ofNullable(record.value()), LARGEST, "");
    } catch (MalformedEventException e) {
      return Optional.empty();
    }
    // An equal job's result was made for another event: the header says whom this sending answers.
    String answers =
        Optional.ofNullable(headers.get(KafkaBinding.ANSWERS))
            .map(id -> new String(id, StandardCharsets.UTF_8))
            .orElseGet(() -> event.data().at("/job/registeredId").asText());
    return event.type() == EventType.COMPLETED || event.type() == EventType.FAILED
        ? VersionEvent.parse(answers)
            .filter(asked -> asked.registry().equals(registry))
            .map(asked -> new Answer(asked, event))
        : Optional.empty();
  }

  boolean isFailure() {
    return event.type() == EventType.FAILED;
  }

  /** {@code accepted}, {@code rejected} or {@code failed}. */
  String outcome() {
    return event.data().path("outcome").asText("failed");
  }

  String reason() {
    return isFailure()
        ? event.data().at("/reason/code").asText()
            + ": "
            + event.data().at("/reason/message").asText()
        : event.data().path("reason").asText();
  }
}
