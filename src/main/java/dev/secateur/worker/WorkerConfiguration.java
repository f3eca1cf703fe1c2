package dev.secateur.worker;

import io.quarkus.runtime.annotations.StaticInitSafe;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Everything that a worker can be told, beside Kafka's own properties; {@code
 * docs/configuration.md} says what each key does.
 */
@StaticInitSafe
@ConfigMapping(prefix = "secateur")
public interface WorkerConfiguration {
  Topics topics();

  Kafka kafka();

  Store store();

  State state();

  Jobs jobs();

  Claim claim();

  Drain drain();

  Memory memory();

  Cache cache();

  Limits limits();

  /** Names of the topics. */
  interface Topics {
    @WithDefault("model-registered")
    String registered();

    @WithDefault("model-compression-progress")
    String progress();

    @WithDefault("model-compressed")
    String compressed();

    @WithDefault("model-registered-dlq")
    String deadLetters();
  }

  /** What topics are created with, if they are. */
  interface Kafka {
    @WithDefault("false")
    boolean createTopics();

    @WithDefault("12")
    int partitions();

    @WithDefault("1")
    short replicationFactor();
  }

  /** Where objects are and who may be asked for them. */
  interface Store {
    @WithDefault("http://localhost:9000")
    String endpoint();

    @WithDefault("us-east-1")
    String region();

    @WithDefault("true")
    boolean pathStyle();

    /** Where credentials come from. */
    @WithDefault("static")
    Credentials credentials();

    Optional<String> accessKey();

    Optional<String> secretKey();

    Optional<String> credentialsFile();

    Optional<String> webIdentityTokenFile();

    Optional<String> roleArn();

    Optional<String> stsEndpoint();

    Optional<String> caFile();

    @WithDefault("models,datasets")
    List<String> readBuckets();

    @WithDefault("artifacts")
    List<String> writeBuckets();

    @WithDefault("10s")
    Duration connectTimeout();

    @WithDefault("20s")
    Duration readTimeout();

    @WithDefault("5")
    int retries();

    /** The sources of credentials. */
    enum Credentials {
      STATIC,
      FILE,
      WEB_IDENTITY
    }
  }

  /** Where claims, checkpoints and results live. */
  interface State {
    @WithDefault("s3://artifacts/.secateur/")
    String uri();
  }

  /** How jobs run. */
  interface Jobs {
    @WithDefault("1")
    int concurrency();

    /** Threads of a job; empty for as many as the container has processors. */
    OptionalInt threads();

    @WithDefault("3")
    int maxAttempts();

    /** Of one attempt. */
    @WithDefault("4h")
    Duration deadline();

    @WithDefault("10s")
    Duration checkpointInterval();

    @WithDefault("s3://artifacts/")
    String output();

    @WithDefault("1s")
    Duration retryDelay();

    @WithDefault("30s")
    Duration retryMaxDelay();
  }

  /** The lease on a job. */
  interface Claim {
    @WithDefault("10s")
    Duration heartbeat();

    @WithDefault("60s")
    Duration expiry();
  }

  /** Shutting down. */
  interface Drain {
    @WithDefault("60s")
    Duration timeout();

    /** Leave after so long without a record; empty: never. */
    Optional<Duration> whenIdle();
  }

  /** What a job may need. */
  interface Memory {
    /** Bytes, such as 4G; empty for the container's limit. */
    Optional<String> limit();
  }

  /** Datasets kept on the local disk. */
  interface Cache {
    @WithDefault("${java.io.tmpdir}/secateur")
    String directory();

    @WithDefault("10G")
    String size();
  }

  /** What is refused before a byte is spent on it. */
  interface Limits {
    @WithDefault("1M")
    String event();

    @WithDefault("1G")
    String model();

    @WithDefault("20G")
    String dataset();
  }
}
