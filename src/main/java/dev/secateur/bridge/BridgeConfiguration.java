package dev.secateur.bridge;

import io.quarkus.runtime.annotations.StaticInitSafe;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What the bridge is told beside the keys that it shares with the worker ({@code secateur.store},
 * {@code secateur.topics}, {@code secateur.state}); {@code docs/configuration.md} says what each
 * key does.
 */
@StaticInitSafe
@ConfigMapping(prefix = "secateur.bridge")
public interface BridgeConfiguration {
  /** Where models may lie. */
  @WithDefault("s3://models/")
  List<String> models();

  /** Where sets may lie. */
  @WithDefault("s3://datasets/")
  List<String> datasets();

  /** Kafka group of its consumers. */
  @WithDefault("secateur-bridge")
  String group();

  /** How long a result that could not be written back is tried again. */
  @WithDefault("7d")
  Duration keepTrying();

  Mlflow mlflow();

  Hooks hooks();

  Buckets buckets();

  /** The registry that is polled. */
  interface Mlflow {
    /** Empty: none. */
    Optional<String> uri();

    /** Part of events' ids, to tell registries apart. */
    @WithDefault("mlflow")
    String registry();

    Optional<String> token();

    Optional<String> username();

    Optional<String> password();

    Optional<String> caFile();

    @WithDefault("30s")
    Duration poll();

    /** Where {@code mlflow-artifacts:/} lies, {@code s3://…}; empty: files go through MLflow. */
    Optional<String> artifacts();

    /** Of runs whose model version has none. */
    @WithDefault("secateur")
    String experiment();

    @WithDefault("10s")
    Duration connectTimeout();

    @WithDefault("60s")
    Duration readTimeout();
  }

  /** Deliveries of MLflow's webhooks. */
  interface Hooks {
    /** 0 for none. */
    @WithDefault("8082")
    int port();

    /** The webhook's; empty: no port is opened. */
    Optional<String> secret();
  }

  /** Notifications of files that were put into buckets. */
  interface Buckets {
    /** Topic; empty: none is read. */
    Optional<String> topic();
  }
}
