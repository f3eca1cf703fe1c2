package dev.secateur.cli;

import dev.secateur.store.AllowedBuckets;
import dev.secateur.store.CredentialSources;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.S3ObjectStore;
import dev.secateur.store.S3Settings;
import dev.secateur.store.StoreListener;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import picocli.CommandLine.Option;

/**
 * Where the broker and the store are: the same environment variables as the worker's, so that one
 * file of settings serves both. Secrets come from the environment only.
 */
final class ServerOptions {
  private static final String KAFKA = "KAFKA_";
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final int RETRIES = 5;

  @Option(
      names = "--kafka",
      paramLabel = "HOST:PORT",
      defaultValue = "${env:KAFKA_BOOTSTRAP_SERVERS:-localhost:9092}",
      description = "The broker (KAFKA_BOOTSTRAP_SERVERS); default ${DEFAULT-VALUE}.")
  String kafka;

  @Option(
      names = "--store",
      paramLabel = "URL",
      defaultValue = "${env:SECATEUR_STORE_ENDPOINT:-http://localhost:9000}",
      description =
          "The S3 server (SECATEUR_STORE_ENDPOINT); keys from SECATEUR_STORE_ACCESS_KEY and"
              + " SECATEUR_STORE_SECRET_KEY; default ${DEFAULT-VALUE}.")
  String store;

  @Option(
      names = "--region",
      paramLabel = "NAME",
      defaultValue = "${env:SECATEUR_STORE_REGION:-us-east-1}",
      description = "The store's region; default ${DEFAULT-VALUE}.")
  String region;

  @Option(
      names = "--state",
      paramLabel = "URI",
      defaultValue = "${env:SECATEUR_STATE_URI:-s3://artifacts/.secateur/}",
      description = "Where the workers keep claims, checkpoints and results.")
  String state;

  static String topic(String key, String otherwise) {
    return Optional.ofNullable(System.getenv("SECATEUR_TOPICS_" + key)).orElse(otherwise);
  }

  static String registered() {
    return topic("REGISTERED", "model-registered");
  }

  static List<String> answers() {
    return List.of(
        topic("PROGRESS", "model-compression-progress"), topic("COMPRESSED", "model-compressed"));
  }

  static String deadLetters() {
    return topic("DEAD_LETTERS", "model-registered-dlq");
  }

  ObjectUri state() {
    return ObjectUri.of(state).resolve("");
  }

  /** The store, for objects in {@code buckets} alone. */
  ObjectStore openStore(Set<String> buckets) {
    return new S3ObjectStore(
        new S3Settings(
            URI.create(store),
            region,
            !"false".equals(System.getenv("SECATEUR_STORE_PATH_STYLE")),
            Optional.ofNullable(System.getenv("SECATEUR_STORE_ACCESS_KEY"))
                .map(
                    key ->
                        CredentialSources.keys(
                            key,
                            Optional.ofNullable(System.getenv("SECATEUR_STORE_SECRET_KEY"))
                                .orElse(""))),
            Optional.ofNullable(System.getenv("SECATEUR_STORE_CA_FILE")).map(Path::of),
            TIMEOUT,
            TIMEOUT,
            RETRIES),
        new AllowedBuckets(buckets, buckets),
        StoreListener.NONE);
  }

  KafkaProducer<byte[], byte[]> openProducer() {
    Map<String, Object> properties = kafkaProperties();
    properties.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, 100 << 20);
    properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, (int) TIMEOUT.toMillis());
    return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /**
   * @param group empty for one of its own
   */
  KafkaConsumer<byte[], byte[]> openConsumer(Optional<String> group, String from) {
    Map<String, Object> properties = kafkaProperties();
    properties.put(
        ConsumerConfig.GROUP_ID_CONFIG, group.orElse("secateur-cli-" + UUID.randomUUID()));
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, from);
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    return new KafkaConsumer<>(
        properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /** {@code KAFKA_SASL_MECHANISM} is {@code sasl.mechanism}, as the worker reads it. */
  private Map<String, Object> kafkaProperties() {
    Map<String, Object> properties = new HashMap<>();
    System.getenv()
        .forEach(
            (name, value) -> {
              if (name.startsWith(KAFKA)) {
                properties.put(
                    name.substring(KAFKA.length()).toLowerCase(Locale.ROOT).replace('_', '.'),
                    value);
              }
            });
    properties.put("bootstrap.servers", kafka);
    return properties;
  }
}
