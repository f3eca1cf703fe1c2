package dev.secateur.worker;

import dev.secateur.ledger.Received;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/** Kafka's records as the ledger keeps them, and back. */
public final class Records {
  private Records() {}

  public static Received received(ConsumerRecord<byte[], byte[]> record) {
    List<Received.Header> headers = new ArrayList<>();
    for (Header header : record.headers()) {
      headers.add(new Received.Header(header.key(), Optional.ofNullable(header.value())));
    }
    return new Received(
        record.topic(),
        record.partition(),
        record.offset(),
        Optional.ofNullable(record.key()),
        record.value(),
        headers);
  }

  public static ConsumerRecord<byte[], byte[]> record(Received received) {
    ConsumerRecord<byte[], byte[]> record =
        new ConsumerRecord<>(
            received.topic(),
            received.partition(),
            received.offset(),
            received.key().orElse(null),
            received.value());
    for (Received.Header header : received.headers()) {
      record.headers().add(header.name(), header.value().orElse(null));
    }
    return record;
  }

  /** By name; of a repeated header the last. */
  public static Map<String, byte[]> headers(ConsumerRecord<byte[], byte[]> record) {
    Map<String, byte[]> headers = new HashMap<>();
    for (Header header : record.headers()) {
      if (header.value() != null) {
        headers.put(header.key(), header.value());
      }
    }
    return headers;
  }

  /** Topic, partition and offset in one word. */
  public static String position(ConsumerRecord<byte[], byte[]> record) {
    return record.topic() + "-" + record.partition() + "-" + record.offset();
  }
}
