package dev.secateur.bridge;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Kafka's clients, by Kafka's own properties ({@code kafka.*}) and what the bridge relies on. */
final class Clients {
  /** For the broker to answer. */
  private static final int ANSWER_MILLIS = 10_000;

  /** For one answer to be written back, files and all. */
  private static final int LONGEST_TURN_MILLIS = 30 * 60_000;

  private static final int AT_ONCE = 20;

  private final Map<String, Object> kafka;

  Clients(Map<String, Object> kafka) {
    this.kafka = new HashMap<>(kafka);
    this.kafka.keySet().removeIf(n -> n.endsWith(".serializer") || n.endsWith(".deserializer"));
  }

  Producer<byte[], byte[]> producer() {
    Map<String, Object> properties = new HashMap<>(kafka);
    properties.put(ProducerConfig.ACKS_CONFIG, "all");
    properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, ANSWER_MILLIS);
    properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, ANSWER_MILLIS);
    properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 3 * ANSWER_MILLIS);
    return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /** One that acknowledges when it is told to. */
  Consumer<byte[], byte[]> consumer(String group) {
    Map<String, Object> properties = new HashMap<>(kafka);
    properties.put(ConsumerConfig.GROUP_ID_CONFIG, group);
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    properties.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, ANSWER_MILLIS);
    properties.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, ANSWER_MILLIS);
    properties.put(ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, ANSWER_MILLIS / 2);
    // One that was killed is soon replaced.
    properties.putIfAbsent(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, ANSWER_MILLIS);
    properties.put(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG, LONGEST_TURN_MILLIS);
    properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, AT_ONCE);
    return new KafkaConsumer<>(
        properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }
}
