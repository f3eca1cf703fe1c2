package dev.secateur.bridge;

import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.Sizes;
import io.micrometer.core.instrument.MeterRegistry;
import io.minio.http.HttpUtils;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.common.annotation.Identifier;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import okhttp3.Credentials;
import okhttp3.OkHttpClient;
import org.apache.kafka.clients.consumer.Consumer;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * The second mode of the application ({@code secateur bridge}): wires the parts together and starts
 * their threads. In the first mode it does nothing.
 */
@ApplicationScoped
final class Bridge {
  private static final Logger LOG = Logger.getLogger(Bridge.class);

  /** For the answer that is being written to be written. */
  private static final Duration LAST_WRITE = Duration.ofSeconds(20);

  /** Without a sign of life for so long, a loop hangs. */
  private static final Duration LONGEST_SILENCE = Duration.ofMinutes(30);

  @Inject BridgeConfiguration configuration;
  @Inject Instance<ObjectStore> stores;
  @Inject MeterRegistry meters;
  @Inject Vertx vertx;

  @Inject
  @Identifier("default-kafka-broker")
  Map<String, Object> kafka;

  @Inject
  @ConfigProperty(name = "secateur.mode")
  String mode;

  @Inject
  @ConfigProperty(name = "secateur.topics.registered")
  String registered;

  @Inject
  @ConfigProperty(name = "secateur.topics.compressed")
  String compressed;

  @Inject
  @ConfigProperty(name = "secateur.state.uri")
  String state;

  @Inject
  @ConfigProperty(name = "secateur.limits.model")
  String largestModel;

  @Inject
  @ConfigProperty(name = "quarkus.http.host", defaultValue = "0.0.0.0")
  String host;

  private final List<Thread> threads = new ArrayList<>();
  private final List<RecordLoop> loops = new ArrayList<>();
  private Optional<EventSender> sender = Optional.empty();

  void start(@Observes StartupEvent event) {
    if (!mode.equals("bridge")) {
      return;
    }
    try {
      start();
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(e.getMessage(), e);
    }
  }

  private void start() {
    if (!kafka.containsKey("bootstrap.servers")) {
      throw new IllegalArgumentException(
          "no broker is named: set KAFKA_BOOTSTRAP_SERVERS (kafka.bootstrap.servers), such as"
              + " localhost:9092");
    }
    if (configuration.mlflow().uri().isEmpty() && configuration.buckets().topic().isEmpty()) {
      throw new IllegalArgumentException(
          "the bridge leads nowhere: set SECATEUR_BRIDGE_MLFLOW_URI (secateur.bridge.mlflow.uri) or"
              + " SECATEUR_BRIDGE_BUCKETS_TOPIC (secateur.bridge.buckets.topic)");
    }
    Clients clients = new Clients(kafka);
    ObjectStore store = stores.get();
    EventSender sending = new EventSender(clients::producer, registered);
    sender = Optional.of(sending);
    AllowedPrefixes models = new AllowedPrefixes("secateur.bridge.models", configuration.models());
    SetAddresses sets =
        new SetAddresses(new AllowedPrefixes("secateur.bridge.datasets", configuration.datasets()));
    configuration
        .mlflow()
        .uri()
        .ifPresent(
            uri -> {
              MlflowWork work = mlflow(uri, store, sending, models, sets);
              run("mlflow", () -> clients.consumer(configuration.group()), compressed, work);
              takeHooks(work);
            });
    configuration
        .buckets()
        .topic()
        .ifPresent(
            topic ->
                run(
                    "buckets",
                    () -> clients.consumer(configuration.group() + "-buckets"),
                    topic,
                    new BucketWork(store, models, sets, sending, meters)));
    LOG.info("the bridge is open");
  }

  private void takeHooks(MlflowWork work) {
    int port = configuration.hooks().port();
    configuration
        .hooks()
        .secret()
        .filter(secret -> port != 0)
        .ifPresent(secret -> new HookServer(secret, work::wake, meters).start(vertx, host, port));
  }

  private MlflowWork mlflow(
      String uri,
      ObjectStore store,
      EventSender sending,
      AllowedPrefixes models,
      SetAddresses sets) {
    BridgeConfiguration.Mlflow settings = configuration.mlflow();
    MlflowClient client =
        new MlflowClient(
            URI.create(uri), authorization(settings), http(settings), settings.readTimeout());
    Registry registry = new Registry(client);
    ObjectUri own = ObjectUri.of(state).resolve("bridge/");
    Path directory = directory();
    ModelFiles files =
        new ModelFiles(
            client,
            store,
            models,
            settings.artifacts().map(ObjectUri::of),
            own.resolve("models/"),
            directory,
            Sizes.bytes("secateur.limits.model", largestModel));
    return new MlflowWork(
        settings.registry(),
        settings.poll(),
        configuration.keepTrying(),
        client,
        registry,
        new VersionEvents(client, registry, files, sets),
        files,
        new WriteBack(client, registry, store, settings.experiment(), directory),
        new SetAside(store, own.resolve("aside/")),
        sending,
        meters);
  }

  private static Path directory() {
    try {
      Path directory = Files.createTempDirectory("secateur-bridge");
      directory.toFile().deleteOnExit();
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Optional<String> authorization(BridgeConfiguration.Mlflow settings) {
    return settings
        .token()
        .map(token -> "Bearer " + token)
        .or(
            () ->
                settings
                    .username()
                    .map(user -> Credentials.basic(user, settings.password().orElse(""))));
  }

  private static OkHttpClient http(BridgeConfiguration.Mlflow settings) {
    long read = settings.readTimeout().toMillis();
    OkHttpClient client =
        HttpUtils.newDefaultHttpClient(settings.connectTimeout().toMillis(), read, read);
    if (settings.caFile().isEmpty()) {
      return client;
    }
    try {
      return HttpUtils.enableExternalCertificates(client, settings.caFile().get());
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalArgumentException(
          "secateur.bridge.mlflow.ca-file: "
              + settings.caFile().get()
              + ": cannot be read as PEM certificates",
          e);
    }
  }

  private void run(
      String name,
      Supplier<Consumer<byte[], byte[]>> consumers,
      String topic,
      RecordLoop.Work work) {
    RecordLoop loop = new RecordLoop(consumers, topic, work);
    Thread thread = new Thread(loop, name);
    thread.setDaemon(true);
    thread.start();
    loops.add(loop);
    threads.add(thread);
  }

  /** What keeps it from its work; empty: nothing. */
  Optional<String> trouble() {
    return loops.stream().flatMap(loop -> loop.trouble().stream()).findFirst();
  }

  boolean isDead() {
    return threads.stream().anyMatch(thread -> !thread.isAlive())
        || loops.stream().anyMatch(loop -> loop.silence().compareTo(LONGEST_SILENCE) > 0);
  }

  void shutdown(@Observes ShutdownEvent event) throws InterruptedException {
    loops.forEach(RecordLoop::stop);
    for (Thread thread : threads) {
      thread.join(LAST_WRITE.toMillis());
    }
    sender.ifPresent(EventSender::close);
  }
}
