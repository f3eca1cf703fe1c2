package dev.secateur.cli;

import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoreListener;
import dev.secateur.worker.Durations;
import dev.secateur.worker.Stores;
import dev.secateur.worker.WorkerConfiguration;
import dev.secateur.worker.WorkerConfiguration.Store.Credentials;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import picocli.CommandLine.Option;

/**
 * Where the store is: the same environment variables as the worker's. Secrets come from the
 * environment only.
 */
final class StoreOptions {
  static final String VARIABLES = "SECATEUR_STORE_";

  private final Map<String, String> environment;

  StoreOptions() {
    this(System.getenv());
  }

  StoreOptions(Map<String, String> environment) {
    this.environment = environment;
  }

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

  /** An address that an option names. */
  static ObjectUri uri(String option, String text) {
    try {
      return ObjectUri.of(text);
    } catch (IllegalArgumentException e) {
      throw new SettingsException(option + ": " + e.getMessage(), e);
    }
  }

  /** The store, for objects in {@code buckets} alone. */
  ObjectStore openStore(Set<String> buckets) {
    List<String> allowed = List.copyOf(buckets);
    StoreVariables variables =
        new StoreVariables(
            store,
            region,
            !variable("PATH_STYLE").map("false"::equals).orElse(false),
            variable(VARIABLES + "CREDENTIALS", StoreOptions::credentials, Credentials.STATIC),
            variable("ACCESS_KEY"),
            variable("SECRET_KEY"),
            variable("CREDENTIALS_FILE"),
            variable("WEB_IDENTITY_TOKEN_FILE"),
            variable("ROLE_ARN"),
            variable("STS_ENDPOINT"),
            variable("CA_FILE"),
            allowed,
            allowed,
            variable(VARIABLES + "CONNECT_TIMEOUT", Durations::of, Duration.ofSeconds(10)),
            variable(VARIABLES + "READ_TIMEOUT", Durations::of, Duration.ofSeconds(20)),
            variable(VARIABLES + "RETRIES", Integer::valueOf, 5));
    try {
      return Stores.open(variables, StoreListener.NONE);
    } catch (IllegalArgumentException e) {
      throw new SettingsException(e.getMessage(), e);
    }
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

  private Optional<String> variable(String key) {
    return Optional.ofNullable(environment.get(VARIABLES + key)).filter(value -> !value.isEmpty());
  }

  <T> T variable(String name, Function<String, T> reading, T otherwise) {
    String value = environment.getOrDefault(name, "");
    try {
      return value.isEmpty() ? otherwise : reading.apply(value);
    } catch (IllegalArgumentException e) {
      throw new SettingsException(name + ": " + value + " is no value for it", e);
    }
  }

  private static Credentials credentials(String name) {
    return Credentials.valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
  }
}
