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
  /** What this process is; the launcher sets it. */
  @WithDefault("worker")
  Mode mode();

  Topics topics();

  Intake intake();

  Kafka kafka();

  Store store();

  State state();

  Jobs jobs();

  Claim claim();

  Drain drain();

  Health health();

  Retention retention();

  Page page();

  Memory memory();

  Cache cache();

  Limits limits();

  /** What a process of the application may be. */
  enum Mode {
    WORKER,
    BRIDGE
  }

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

    /** May be missing: then pending work cannot be seen while no worker lives. */
    @WithDefault("secateur-doorbell")
    String doorbell();
  }

  /** How records are taken in. */
  interface Intake {
    /** Whether others send events of their own to the topic of registrations. */
    @WithDefault("false")
    boolean sharedTopic();
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

    /** How long a job may stand still before another worker takes it. */
    @WithDefault("30m")
    Duration stall();

    /** How long an idle worker waits before it looks for orders again. */
    @WithDefault("1s")
    Duration poll();

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
    /** Empty, or more: a quarter of the expiry. */
    Optional<Duration> heartbeat();

    /** How long a claim holds after its last sign of life. */
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

  /** Of the worker itself. */
  interface Health {
    /** How long a worker that is itself to blame lives on, for its trouble to pass. */
    @WithDefault("2m")
    Duration grace();
  }

  /** Orders as a browser or a program sees them, under /jobs. */
  interface Page {
    /** 0 for none. */
    @WithDefault("8081")
    int port();
  }

  /** How long the books are kept. */
  interface Retention {
    /** Orders and their answers, once settled: longer than the input topic keeps its records. */
    @WithDefault("45d")
    Duration settled();
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

    /** Of what is inflated for a job, and of outputs that are kept, until it ends. */
    @WithDefault("100G")
    String temporary();

    /** Of an image, before it is decoded. */
    @WithDefault("67108864")
    long pixels();
  }
}
