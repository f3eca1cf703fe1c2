package dev.secateur.deploy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.CompressionType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;

/** The records in the topics of a broker, as they are. */
final class Records implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(200);

  private final String broker;
  private final KafkaConsumer<byte[], byte[]> consumer;

  Records(String broker) {
    this.broker = broker;
    this.consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", broker),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
  }

  /** The first of a topic that is wanted, once it is there. */
  ConsumerRecord<byte[], byte[]> await(
      String topic, Predicate<ConsumerRecord<byte[], byte[]>> wanted) {
    List<TopicPartition> partitions =
        consumer.partitionsFor(topic).stream()
            .map(partition -> new TopicPartition(topic, partition.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    List<ConsumerRecord<byte[], byte[]>> found = new ArrayList<>();
    Awaitility.await("a record of " + topic)
        .atMost(Duration.ofMinutes(5))
        .until(
            () -> {
              consumer
                  .poll(POLL)
                  .forEach(r -> found.addAll(wanted.test(r) ? List.of(r) : List.of()));
              return !found.isEmpty();
            });
    return found.get(0);
  }

  /** Sends a record as an event of its own; returns the event's id. */
  String sendAgain(ConsumerRecord<byte[], byte[]> record, CompressionType compression) {
    ProducerRecord<byte[], byte[]> again =
        new ProducerRecord<>(record.topic(), record.key(), record.value());
    record.headers().forEach(again.headers()::add);
    String id = "packed-" + compression.name;
    again.headers().remove("ce_id").add("ce_id", id.getBytes(StandardCharsets.UTF_8));
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", broker, "compression.type", compression.name),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      producer.send(again);
    }
    return id;
  }

  /** Empty where it is missing. */
  static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    return Optional.ofNullable(record.headers().lastHeader(name))
        .map(header -> new String(header.value(), StandardCharsets.UTF_8))
        .orElse("");
  }

  static String key(ConsumerRecord<byte[], byte[]> record) {
    return new String(record.key(), StandardCharsets.UTF_8);
  }

  static String value(ConsumerRecord<byte[], byte[]> record) {
    return new String(record.value(), StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    consumer.close();
  }
}
