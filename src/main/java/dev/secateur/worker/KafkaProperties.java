package dev.secateur.worker;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Kafka's own properties ({@code kafka.*}), as the worker's producer and admin client take them:
 * security and addresses come from there, what the worker relies on is set here.
 */
public final class KafkaProperties {
  /** A dead letter carries its record's value, whatever the input topic let in. */
  private static final int LARGEST_REQUEST = 100 << 20;

  /** How long a progress event may hold up the job while the broker is away. */
  private static final int MAX_BLOCK_MILLIS = 2_000;

  /** Orders are rung for one by one: those that come at once share a request to the broker. */
  private static final int LINGER_MILLIS = 20;

  private static final int DELIVERY_MILLIS = 30_000;
  private static final int REQUEST_MILLIS = 10_000;

  private KafkaProperties() {}

  static Map<String, Object> producer(Map<String, Object> kafka) {
    Map<String, Object> properties = new HashMap<>(kafka);
    properties.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
    properties.put(
        ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
    properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    properties.put(ProducerConfig.ACKS_CONFIG, "all");
    properties.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "none");
    properties.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, LARGEST_REQUEST);
    properties.put(ProducerConfig.BUFFER_MEMORY_CONFIG, (long) LARGEST_REQUEST);
    properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, MAX_BLOCK_MILLIS);
    properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, REQUEST_MILLIS);
    properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, DELIVERY_MILLIS);
    properties.put(ProducerConfig.LINGER_MS_CONFIG, LINGER_MILLIS);
    return properties;
  }

  /** For one that reads by itself, beside the connector's. */
  public static Map<String, Object> consumer(Map<String, Object> kafka) {
    Map<String, Object> properties = admin(kafka);
    properties.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, REQUEST_MILLIS);
    return properties;
  }

  public static Map<String, Object> admin(Map<String, Object> kafka) {
    Map<String, Object> properties = new HashMap<>(kafka);
    properties
        .keySet()
        .removeIf(name -> name.endsWith(".serializer") || name.endsWith(".deserializer"));
    properties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, REQUEST_MILLIS);
    properties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, REQUEST_MILLIS / 2);
    return properties;
  }
}
