package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.demo.Ports;
import dev.secateur.demo.WorkerProcess;
import dev.secateur.event.KafkaBinding;
import dev.secateur.store.Digests;
import dev.secateur.store.ObjectUri;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** The packaged bridge and a worker between a real MLflow, a real broker and a real S3 server. */
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock(Platform.SECOND_LANE)
final class BridgeIT {
  /** A plan that is done soon, and whose result is good enough. */
  private static final String PLAN =
      "{\"fineTuning\": {\"recipe\": \"instant\"}, \"acceptance\": {\"maxAccuracyDrop\": 0.5}}";

  private static final String MODEL = "shapes net's";

  private static Platform platform;
  private static MlflowServer proxied;
  private static MlflowServer direct;
  private static String root;
  private static String train;

  @BeforeAll
  static void start() throws Exception {
    assumeTrue(MlflowServer.isThere(), "MLflow is not installed: .ci/tools mlflow");
    platform = new Platform("bridge", 2);
    root = "s3://artifacts/mlflow-" + platform.name;
    proxied = MlflowServer.proxied(platform.directory.resolve("proxied"));
    direct = MlflowServer.direct(platform.directory.resolve("direct"), platform.s3, root);
    platform.worker("worker");
    train = platform.source(Platform.DATA, "datasets").path("uri").asText();
    proxied.awaitReady();
    direct.awaitReady();
  }

  @AfterAll
  static void stop() {
    if (platform != null) {
      proxied.close();
      direct.close();
      platform.close();
    }
  }

  /**
   * @param registry those of one MLflow are one bridge, which goes on where the last one ended
   */
  private static WorkerProcess bridge(
      String name, String registry, String mlflow, Map<String, String> more) throws IOException {
    Map<String, String> settings = new HashMap<>();
    settings.put("quarkus.profile", "bridge");
    settings.put("secateur.bridge.mlflow.uri", mlflow);
    settings.put("secateur.bridge.mlflow.poll", "1s");
    settings.put("secateur.bridge.group", platform.name + "-" + registry);
    settings.put("secateur.bridge.mlflow.registry", registry);
    settings.put("secateur.bridge.models", "s3://models/,s3://artifacts/");
    settings.put("secateur.bridge.hooks.port", "0");
    settings.put("kafka.session.timeout.ms", "6000");
    settings.put("kafka.heartbeat.interval.ms", "1000");
    settings.putAll(more);
    return platform.worker(name, settings);
  }

  private static Map<String, String> tags(String compress) {
    return Map.of("secateur.compress", compress, "secateur.train", train);
  }

  private static void awaitStatus(MlflowServer mlflow, String version, String status) {
    platform.await(
        version + " " + status, () -> status.equals(mlflow.tags(MODEL, version).get("status")));
  }

  /** Only a webhook can have woken the bridge: its poll is an hour away. */
  @Test
  void aWebhookBringsAVersionIntoTheRegistryBesideItsSource() throws Exception {
    int port = Ports.free();
    Map<String, String> settings =
        Map.of(
            "secateur.bridge.mlflow.poll", "1h",
            "secateur.bridge.hooks.port", String.valueOf(port),
            "secateur.bridge.hooks.secret", "a secret of the webhook's");
    try (WorkerProcess bridge =
        bridge("hooked", "proxied", proxied.address(), settings).awaitReady()) {
      ObjectNode hook = MlflowServer.object().put("name", "secateur");
      hook.put("url", "http://127.0.0.1:" + port + "/hooks/mlflow");
      hook.put("secret", "a secret of the webhook's");
      hook.putArray("events").addObject().put("entity", "MODEL_VERSION").put("action", "CREATED");
      proxied.post("mlflow/webhooks", hook);

      String experiment = proxied.experiment("hooked");
      String run = proxied.run(experiment);
      JsonNode logged = proxied.loggedModel(experiment, run);
      proxied.upload(
          logged.path("artifact_uri").asText(),
          "data/model.h5",
          Files.readAllBytes(Platform.MODEL));
      String source = "models:/" + logged.path("model_id").asText();
      String version = proxied.register(MODEL, source, run, tags(PLAN));
      awaitStatus(proxied, version, "done");
      isWrittenBack(proxied, experiment, run, version, Optional.empty());
      // The copy that the worker read is gone with the order.
      assertThat(platform.store.list(platform.state.resolve("bridge/"))).isEmpty();
      assertThat(bridge.metric("secateur_bridge_hooks_total", "taken")).isPositive();
    }
  }

  @Test
  void aVersionInS3IsReadWhereItLiesWhileMlflowGoesAndComesBack() throws Exception {
    try (WorkerProcess bridge =
        bridge("direct", "direct", direct.address(), Map.of()).awaitReady()) {
      String experiment = direct.experiment("direct");
      String run = direct.run(experiment);
      JsonNode logged = direct.loggedModel(experiment, run);
      String place = logged.path("artifact_uri").asText();
      assertThat(place).startsWith(root);
      platform.store.upload(Platform.MODEL, ObjectUri.of(place).resolve("data/model.h5"));
      String source = "models:/" + logged.path("model_id").asText();
      int before = platform.results().size();
      String version = direct.register(MODEL, source, run, tags(PLAN));
      awaitStatus(direct, version, "submitted");
      direct.leave();
      platform.await("an answer", () -> platform.results().size() > before);
      platform.await("the bridge waits", () -> bridge.status("/q/health/ready") == 503);
      direct.comeBack();
      awaitStatus(direct, version, "done");
      isWrittenBack(direct, experiment, run, version, Optional.of(platform.s3));
    }
  }

  /** What the workers answered to an event, be it with the result of an equal job. */
  private static JsonNode answered(String event) throws IOException {
    platform.await(event + " is answered", () -> answer(event).isPresent());
    return new ObjectMapper().readTree(answer(event).orElseThrow().value());
  }

  private static Optional<ConsumerRecord<byte[], byte[]>> answer(String event) {
    return platform.records().stream()
        .filter(r -> r.topic().endsWith("-compressed"))
        .filter(r -> Platform.header(r, KafkaBinding.ANSWERS).equals(event))
        .findFirst();
  }

  private static void isWrittenBack(
      MlflowServer mlflow, String experiment, String run, String version, Optional<String> s3)
      throws Exception {
    Map<String, String> tags = mlflow.tags(MODEL, version);
    assertThat(tags)
        .containsEntry("outcome", "accepted")
        .containsEntry("int8", "models:/" + MODEL + "-int8/1");
    assertThat(tags.get("summary")).startsWith("int8: ");
    String sha256 = answered(tags.get("event")).at("/artifacts/int8.tflite/sha256").asText();
    Path files = mlflow.download("models:/" + MODEL + "-int8@accepted", s3);
    assertThat(Digests.sha256(files.resolve("int8.tflite"))).isEqualTo(sha256);
    assertThat(mlflow.versions(MODEL + "-int8")).hasSize(1);
    List<JsonNode> runs = mlflow.children(experiment, run);
    assertThat(runs).hasSize(1);
    assertThat(runs.get(0).at("/info/status").asText()).isEqualTo("FINISHED");
    assertThat(runs.get(0).at("/data/params").size()).isGreaterThan(10);
    assertThat(runs.get(0).at("/data/metrics").size()).isGreaterThan(10);
    Path report =
        mlflow.download("runs:/" + runs.get(0).at("/info/run_id").asText() + "/report.html", s3);
    assertThat(Files.readString(report.resolve("report.html"))).contains("<html");
  }

  /** A line to MLflow on which a test learns of a request before MLflow does. */
  private static final class Line extends LocalProxy {
    private final String request;
    private final Runnable before;

    Line(int target, String request, Runnable before) throws IOException {
      super(target);
      this.request = request;
      this.before = before;
      start();
    }

    @Override
    Lane toServer(Socket client) {
      return (bytes, count) -> {
        if (new String(bytes, 0, count, StandardCharsets.ISO_8859_1).startsWith(request)) {
          before.run();
          return false;
        }
        return true;
      };
    }

    @Override
    Lane fromServer(Socket client) {
      return (bytes, count) -> true;
    }
  }

  /** Between the run and the version: the next bridge goes on with the run that is there. */
  @Test
  void aBridgeThatIsKilledInTheMiddleLeavesNothingTwice() throws Exception {
    String name = "killed";
    String experiment = proxied.experiment(name);
    String run = proxied.run(experiment);
    JsonNode logged = proxied.loggedModel(experiment, run);
    proxied.upload(
        logged.path("artifact_uri").asText(), "data/model.h5", Files.readAllBytes(Platform.MODEL));
    String source = "models:/" + logged.path("model_id").asText();
    WorkerProcess[] killed = new WorkerProcess[1];
    String create = "POST /api/2.0/mlflow/model-versions/create";
    try (Line line = new Line(proxied.port(), create, () -> killed[0].process().signal("KILL"))) {
      killed[0] = bridge("killed", "proxied", line.endpoint(), Map.of()).awaitReady();
      String version = proxied.register(name, source, run, tags(PLAN));
      platform.await("the kill", () -> !killed[0].process().isAlive());
      assertThat(proxied.tags(name, version)).containsEntry("status", "submitted");
      assertThat(proxied.children(experiment, run)).hasSize(1);
      try (WorkerProcess next =
          bridge("next", "proxied", proxied.address(), Map.of()).awaitReady()) {
        platform.await("done", () -> "done".equals(proxied.tags(name, version).get("status")));
        assertThat(proxied.children(experiment, run)).hasSize(1);
        assertThat(proxied.versions(name + "-int8")).hasSize(1);
        assertThat(next.metric("secateur_bridge_written_total", "accepted")).isEqualTo(1);
      }
    }
  }

  @Test
  void eachTreeOfMlflowsFlavorsIsFoundAndWhatIsWrongIsSaid() throws Exception {
    byte[] keras = Files.readAllBytes(Path.of("examples/shapes.keras"));
    byte[] nothing = "nothing".getBytes(StandardCharsets.UTF_8);
    Map<String, Map<String, byte[]>> trees = new HashMap<>();
    trees.put(
        "data/model.keras", Map.of("data/model.keras", keras, "data/keras_module.txt", nothing));
    trees.put(
        "data/model/",
        Map.of(
            "data/model/saved_model.pb", nothing, "data/model/variables/variables.index", nothing));
    trees.put("tf2model/", Map.of("tf2model/saved_model.pb", nothing));
    trees.put("my network", Map.of("my network", keras, "conda.yaml", nothing));
    String experiment = proxied.experiment("trees");
    String run = proxied.run(experiment);
    try (WorkerProcess bridge =
        bridge("trees", "proxied", proxied.address(), Map.of()).awaitReady()) {
      Map<String, String> versions = new HashMap<>();
      for (Map.Entry<String, Map<String, byte[]>> tree : trees.entrySet()) {
        JsonNode logged = proxied.loggedModel(experiment, run);
        String place = logged.path("artifact_uri").asText();
        proxied.upload(place, "MLmodel", nothing);
        for (Map.Entry<String, byte[]> file : tree.getValue().entrySet()) {
          proxied.upload(place, file.getKey().replace(" ", "%20"), file.getValue());
        }
        String source = "models:/" + logged.path("model_id").asText();
        String version = proxied.register("trees", source, run, tags(PLAN));
        versions.put(tree.getKey(), version);
      }
      for (Map.Entry<String, String> version : versions.entrySet()) {
        platform.await(
            version.getKey(),
            () ->
                Set.of("done", "failed")
                    .contains(
                        proxied.tags("trees", version.getValue()).getOrDefault("status", "")));
      }
      Map<String, String> uris = new HashMap<>();
      platform.await(
          "the answers are read",
          () -> {
            platform.results().stream()
                .map(e -> e.data().path("model"))
                .filter(m -> m.path("name").asText().equals("trees"))
                .forEach(m -> uris.put(m.path("version").asText(), m.path("uri").asText()));
            return uris.keySet().containsAll(versions.values());
          });
      versions.forEach((tree, version) -> assertThat(uris.get(version)).endsWith("/" + tree));
      assertThat(proxied.tags("trees", versions.get("data/model.keras")))
          .containsEntry("outcome", "accepted");
      assertThat(proxied.tags("trees", versions.get("my network")))
          .containsEntry("outcome", "accepted");
      assertThat(proxied.tags("trees", versions.get("tf2model/")))
          .containsEntry("outcome", "failed")
          .hasEntrySatisfying("reason", reason -> assertThat(reason).contains("saved_model.pb"));
    }
  }
}
