package dev.secateur.cli;

import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoreListener;
import dev.secateur.worker.Stores;
import dev.secateur.worker.WorkerConfiguration;
import dev.secateur.worker.WorkerConfiguration.Store.Credentials;
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
  private static final String STORE = "SECATEUR_STORE_";
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final int RETRIES = 5;

  @Option(
      names = "--kafka",
      paramLabel = "HOST:PORT",
      defaultValue = "${env:KAFKA_BOOTSTRAP_SERVERS:-localhost:9092}",
      description =
          "The broker (KAFKA_BOOTSTRAP_SERVERS); any other client property as KAFKA_…, such as"
              + " KAFKA_SECURITY_PROTOCOL; default ${DEFAULT-VALUE}.")
  String kafka;

  @Option(
      names = "--store",
      paramLabel = "URL",
      defaultValue = "${env:SECATEUR_STORE_ENDPOINT:-http://localhost:9000}",
      description =
          "The S3 server (SECATEUR_STORE_ENDPOINT); credentials, authorities and the rest from the"
              + " worker's variables SECATEUR_STORE_…; default ${DEFAULT-VALUE}.")
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
    List<String> allowed = List.copyOf(buckets);
    return Stores.open(
        new StoreVariables(
            store,
            region,
            !variable("PATH_STYLE").map("false"::equals).orElse(false),
            variable("CREDENTIALS").map(ServerOptions::credentials).orElse(Credentials.STATIC),
            variable("ACCESS_KEY"),
            variable("SECRET_KEY"),
            variable("CREDENTIALS_FILE"),
            variable("WEB_IDENTITY_TOKEN_FILE"),
            variable("ROLE_ARN"),
            variable("STS_ENDPOINT"),
            variable("CA_FILE"),
            allowed,
            allowed,
            TIMEOUT,
            TIMEOUT,
            RETRIES),
        StoreListener.NONE);
  }

  /** The worker's settings of its store, as a command has them. */
  private record StoreVariables(
      String endpoint,
      String region,
      boolean pathStyle,
      Credentials credentials,
      Optional<String> accessKey,
      Optional<String> secretKey,
      Optional<String> credentialsFile,
      Optional<String> webIdentityTokenFile,
      Optional<String> roleArn,
      Optional<String> stsEndpoint,
      Optional<String> caFile,
      List<String> readBuckets,
      List<String> writeBuckets,
      Duration connectTimeout,
      Duration readTimeout,
      int retries)
      implements WorkerConfiguration.Store {}

  private static Optional<String> variable(String key) {
    return Optional.ofNullable(System.getenv(STORE + key)).filter(value -> !value.isEmpty());
  }

  private static Credentials credentials(String name) {
    return Credentials.valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
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
