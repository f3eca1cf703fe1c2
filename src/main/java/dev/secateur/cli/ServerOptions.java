package dev.secateur.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.CloudEvent;
import dev.secateur.event.EventType;
import dev.secateur.event.KafkaBinding;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.worker.DeadLetter;
import dev.secateur.worker.Durations;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Where the broker and the store are: the same environment variables as the worker's, so that one
 * file of settings serves both. Secrets come from the environment only.
 */
final class ServerOptions {
  private static final String KAFKA = "KAFKA_";
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  /** A dead letter may be as large as the worker sends it. */
  private static final int LARGEST_REQUEST = 100 << 20;

  private final Map<String, String> environment;

  ServerOptions() {
    this(System.getenv());
  }

  ServerOptions(Map<String, String> environment) {
    this.environment = environment;
    this.stores = new StoreOptions(environment);
  }

  @Option(
      names = "--kafka",
      paramLabel = "HOST:PORT",
      defaultValue = "${env:KAFKA_BOOTSTRAP_SERVERS:-localhost:9092}",
      description =
          "The broker (KAFKA_BOOTSTRAP_SERVERS); any other client property as KAFKA_…, such as"
              + " KAFKA_SECURITY_PROTOCOL; default ${DEFAULT-VALUE}.")
  String kafka;

  @Mixin final StoreOptions stores;

  private String topic(String key, String otherwise) {
    return environment.getOrDefault("SECATEUR_TOPICS_" + key, otherwise);
  }

  String registered() {
    return topic("REGISTERED", "model-registered");
  }

  List<String> answers() {
    return List.of(
        topic("PROGRESS", "model-compression-progress"), topic("COMPRESSED", "model-compressed"));
  }

  String deadLetters() {
    return topic("DEAD_LETTERS", "model-registered-dlq");
  }

  String doorbell() {
    return topic("DOORBELL", "secateur-doorbell");
  }

  /** All that a worker may read. */
  List<String> readBuckets() {
    return buckets("READ_BUCKETS", "models,datasets");
  }

  /** All that a worker may read and write. */
  List<String> writeBuckets() {
    return buckets("WRITE_BUCKETS", "artifacts");
  }

  private List<String> buckets(String variable, String otherwise) {
    String names = environment.getOrDefault(StoreOptions.VARIABLES + variable, otherwise);
    return Stream.of(names.split(",")).map(String::strip).filter(name -> !name.isEmpty()).toList();
  }

  /** What W3C trace context the caller runs in. */
  Optional<String> traceparent() {
    return Optional.ofNullable(environment.get("TRACEPARENT"));
  }

  Duration claimExpiry() {
    return stores.variable("SECATEUR_CLAIM_EXPIRY", Durations::of, Duration.ofSeconds(60));
  }

  /** An address that an option names. */
  static ObjectUri uri(String option, String text) {
    return StoreOptions.uri(option, text);
  }

  /** The store, for objects in {@code buckets} alone. */
  ObjectStore openStore(Set<String> buckets) {
    return stores.openStore(buckets);
  }

  Admin openAdmin() {
    Map<String, Object> properties = kafkaProperties();
    properties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) TIMEOUT.toMillis());
    properties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) TIMEOUT.toMillis() / 2);
    return Admin.create(properties);
  }

  KafkaProducer<byte[], byte[]> openProducer() {
    Map<String, Object> properties = kafkaProperties();
    properties.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, LARGEST_REQUEST);
    properties.put(ProducerConfig.BUFFER_MEMORY_CONFIG, (long) LARGEST_REQUEST);
    properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, (int) TIMEOUT.toMillis());
    return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /**
   * A consumer to be given its partitions, not one that joins a group.
   *
   * @param group that its progress is kept under, where it is kept
   */
  KafkaConsumer<byte[], byte[]> openConsumer(Optional<String> group) {
    Map<String, Object> properties = kafkaProperties();
    group.ifPresent(g -> properties.put(ConsumerConfig.GROUP_ID_CONFIG, g));
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    return new KafkaConsumer<>(
        properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /** All partitions of these topics, each of which must be there. */
  List<TopicPartition> partitions(KafkaConsumer<byte[], byte[]> consumer, List<String> topics) {
    List<TopicPartition> partitions = new ArrayList<>();
    for (String topic : topics) {
      List<PartitionInfo> found;
      try {
        found = Optional.ofNullable(consumer.partitionsFor(topic, TIMEOUT)).orElse(List.of());
      } catch (TimeoutException e) {
        throw new SettingsException(
            kafka + ": no broker answers within " + TIMEOUT.toSeconds() + " s (check --kafka)", e);
      }
      if (found.isEmpty()) {
        throw new SettingsException(
            topic + ": there is no such topic on " + kafka + " (check SECATEUR_TOPICS_…)");
      }
      found.forEach(p -> partitions.add(new TopicPartition(p.topic(), p.partition())));
    }
    return partitions;
  }

  /** {@code KAFKA_SASL_MECHANISM} is {@code sasl.mechanism}, as the worker reads it. */
  private Map<String, Object> kafkaProperties() {
    Map<String, Object> properties = new HashMap<>();
    environment.forEach(
        (name, value) -> {
          if (name.startsWith(KAFKA)) {
            properties.put(
                name.substring(KAFKA.length()).toLowerCase(Locale.ROOT).replace('_', '.'), value);
          }
        });
    properties.put("bootstrap.servers", kafka);
    return properties;
  }

  /**
   * Sends an event to the workers.
   *
   * @param name of the model: the record's key
   * @param again whether it is to be worked at although the same has a result
   * @return its id
   */
  String send(EventType type, String source, String name, ObjectNode data, boolean again) {
    CloudEvent event =
        new CloudEvent(
            UUID.randomUUID().toString(),
            source,
            type,
            Optional.of(name),
            Optional.of(Instant.now()),
            traceparent(),
            data);
    KafkaBinding.Encoded encoded = KafkaBinding.binary(event);
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(registered(), name.getBytes(StandardCharsets.UTF_8), encoded.value());
    encoded.headers().forEach(record.headers()::add);
    if (again) {
      record.headers().add(DeadLetter.REPLAY, event.id().getBytes(StandardCharsets.UTF_8));
    }
    try (KafkaProducer<byte[], byte[]> producer = openProducer()) {
      producer.send(record).get();
      return event.id();
    } catch (ExecutionException e) {
      throw new IllegalStateException(
          kafka + ": the event was not taken: " + e.getCause().getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
