package dev.secateur.worker;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.secateur.cli.Secateur;
import dev.secateur.demo.Certificates;
import dev.secateur.demo.LocalBroker;
import dev.secateur.demo.Minio;
import dev.secateur.demo.Ports;
import dev.secateur.demo.Subprocess;
import dev.secateur.demo.WorkerProcess;
import dev.secateur.job.Stage;
import dev.secateur.store.ObjectStore;
import io.opentelemetry.proto.trace.v1.Span;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packaged worker and the command line where nothing is open: Kafka over SASL_SSL with access
 * control lists, MinIO over TLS with a host name a bucket, keys for a web identity, and one private
 * authority for both.
 */
final class SecuredIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String WORKER = "secateur";

  /** Who runs the commands. */
  private static final String CALLER = "caller";

  /** Another worker's user, whose password the worker learns before the broker does. */
  private static final String NEWCOMER = "secateur-newcomer";

  private static final Map<String, String> PASSWORDS =
      Map.of(
          WORKER,
          "the-worker's-password",
          NEWCOMER,
          "the-newcomer's-old-password",
          CALLER,
          "the-caller's-password");
  private static final String NEW_PASSWORD = "the-newcomer's-new-password";
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String PARENT = "b7ad6b7169203331";

  /** What every JSON Web Token begins with: the identity's, and MinIO's session tokens. */
  private static final String TOKEN_START = "eyJ";

  @TempDir static Path root;

  private static Certificates certificates;
  private static IdentityProvider identities;
  private static Minio minio;
  private static LocalBroker broker;
  private static LocalBroker.Security security;

  /** Both what the worker gets as properties and what a command gets as variables. */
  private static Map<String, String> settings;

  private static Path hosts;

  @BeforeAll
  static void start() throws Exception {
    if (!Minio.isThere()) {
      return;
    }
    certificates =
        Certificates.create(
            root.resolve("certificates"), "ip:127.0.0.1", "dns:s3.test", "dns:*.s3.test");
    identities = new IdentityProvider();
    minio =
        Minio.start(
            root,
            Optional.of(certificates),
            Map.of(
                "MINIO_DOMAIN",
                "s3.test",
                "MINIO_IDENTITY_OPENID_CONFIG_URL",
                identities.uri() + IdentityProvider.DISCOVERY,
                "MINIO_IDENTITY_OPENID_CLIENT_ID",
                IdentityProvider.CLIENT),
            LocalServers.BUCKETS);
    security = new LocalBroker.Security(certificates.keyAndChain(), Ports.free(), PASSWORDS);
    broker = LocalBroker.start(root.resolve("kafka"), Ports.free(), Optional.of(security));
    // Without s3.test itself: who asks for a bucket by its path finds nobody.
    String names = String.join(".s3.test ", LocalServers.BUCKETS) + ".s3.test";
    hosts = Files.writeString(root.resolve("hosts"), "127.0.0.1 localhost " + names);
    Path token = Files.writeString(root.resolve("token"), identities.token("readwrite"));
    settings = settings(token);
  }

  private static Map<String, String> settings(Path token) {
    String authority = certificates.authority().toString();
    return Map.ofEntries(
        entry("kafka.bootstrap.servers", security.address()),
        entry("kafka.security.protocol", "SASL_SSL"),
        entry("kafka.sasl.mechanism", "SCRAM-SHA-512"),
        entry("kafka.ssl.truststore.type", "PEM"),
        entry("kafka.ssl.truststore.location", authority),
        entry("secateur.store.endpoint", minio.endpoint("s3.test")),
        entry("secateur.store.path-style", "false"),
        entry("secateur.store.ca-file", authority),
        entry("secateur.store.credentials", "web-identity"),
        entry("secateur.store.sts-endpoint", minio.endpoint()),
        entry("secateur.store.web-identity-token-file", token.toString()));
  }

  @AfterAll
  static void stop() {
    if (broker != null) {
      broker.close();
      minio.close();
      identities.close();
    }
  }

  /** Before each, not before all: a class that never began is not counted as skipped. */
  @BeforeEach
  void needsMinio() {
    Minio.assumeThere();
  }

  @Test
  void aJobIsPublishedRunWatchedAndListedWithEverythingSecured() throws Exception {
    try (Platform platform = platform("secured", WORKER);
        TraceReceiver traces = new TraceReceiver()) {
      Map<String, String> more = new HashMap<>();
      more.put("quarkus.log.console.json.enabled", "true");
      more.put("quarkus.otel.sdk.disabled", "false");
      more.put("quarkus.otel.exporter.otlp.endpoint", traces.endpoint());
      more.put("quarkus.otel.exporter.otlp.protocol", "http/protobuf");
      more.put("quarkus.otel.bsp.schedule.delay", "200ms");
      WorkerProcess worker =
          worker(platform, more, login(WORKER, PASSWORDS.get(WORKER))).awaitReady();
      String password = PASSWORDS.get(CALLER);
      String id = command(platform, password, 0, publishing()).strip();
      JsonNode result = platform.awaitResults(1).values().iterator().next();
      assertThat(result.at("/job/registeredId").asText()).isEqualTo(id);
      assertThat(result.path("outcome").asText()).isEqualTo("accepted");
      platform.await("acknowledged", () -> platform.acknowledged() == 1);
      assertThat(command(platform, password, 0, "watch", id)).contains("ACCEPTED");
      assertThat(command(platform, password, 0, "jobs", "--json"))
          .contains(result.at("/job/key").asText(), "\"state\":\"accepted\"");
      assertThat(command(platform, password, 0, "replay")).contains("0 replayed");

      spansGoOnWithTheTraceOfTheEvent(platform, traces);
      everyLineOfAJobSaysWhichJobItIs(worker, result);
      noSecretIsTold(platform, worker, traces);

      // The same job has its result; asked for again it is one of its own.
      List<String> again = new ArrayList<>(List.of(publishing()));
      again.add("--again");
      command(platform, password, 0, again.toArray(String[]::new));
      assertThat(platform.awaitResults(2)).hasSize(2);
    }
  }

  private static void spansGoOnWithTheTraceOfTheEvent(Platform platform, TraceReceiver traces) {
    platform.await("spans", () -> traces.spans().stream().anyMatch(SecuredIT::isJob));
    Span job = traces.spans().stream().filter(SecuredIT::isJob).findAny().orElseThrow();
    HexFormat hex = HexFormat.of();
    assertThat(hex.formatHex(job.getTraceId().toByteArray())).isEqualTo(TRACE);
    assertThat(hex.formatHex(job.getParentSpanId().toByteArray())).isEqualTo(PARENT);
    assertThat(job.getAttributesList())
        .anySatisfy(a -> assertThat(a.getValue().getStringValue()).isEqualTo("accepted"));
    List<String> stages = new ArrayList<>(List.of("stage " + JobMeters.FETCH));
    for (Stage stage : Stage.values()) {
      stages.add("stage " + stage.label());
    }
    stages.add("stage " + JobMeters.PUSH);
    assertThat(traces.spans())
        .filteredOn(span -> span.getParentSpanId().equals(job.getSpanId()))
        .allSatisfy(span -> assertThat(span.getTraceId()).isEqualTo(job.getTraceId()))
        .extracting(Span::getName)
        .containsExactlyElementsOf(stages);
  }

  private static boolean isJob(Span span) {
    return span.getName().equals("compress");
  }

  /** The native libraries write lines of their own, which are not JSON. */
  private static void everyLineOfAJobSaysWhichJobItIs(WorkerProcess worker, JsonNode result)
      throws Exception {
    List<String> messages = new ArrayList<>();
    for (String line : worker.process().output().split("\n")) {
      if (line.startsWith("{")) {
        JsonNode entry = JSON.readTree(line);
        if (entry.path("threadName").asText().equals("job")) {
          messages.add(entry.path("message").asText());
          assertThat(entry.path("mdc"))
              .as(line)
              .isEqualTo(
                  JSON.createObjectNode()
                      .put("order", result.at("/job/order").asText())
                      .put("job", result.at("/job/key").asText())
                      .put("model", "shapes")
                      .put("version", "1"));
        }
      }
    }
    assertThat(messages).contains("stage fetch", "stage fine-tune", "stage push");
  }

  private static void noSecretIsTold(
      Platform platform, WorkerProcess worker, TraceReceiver traces) {
    List<String> told = new ArrayList<>();
    told.add(worker.process().output());
    told.add(traces.text());
    for (String path : List.of("/q/health", "/q/metrics", "/q/info")) {
      told.add(worker.body(path));
    }
    platform.progress().forEach(event -> told.add(event.data().toString()));
    platform.results().forEach(event -> told.add(event.data().toString()));
    assertThat(told)
        .allSatisfy(
            text ->
                assertThat(text).doesNotContain(PASSWORDS.values()).doesNotContain(TOKEN_START));
  }

  @Test
  void aWrongPasswordAndAWrongTokenAreToldAndWaitedForAndHarmNoRecord() throws Exception {
    try (Platform platform = platform("locked-out", NEWCOMER)) {
      Path token = Files.writeString(root.resolve("wrong-token"), "not-a-token");
      WorkerProcess worker =
          worker(
              platform,
              Map.of(
                  "secateur.store.web-identity-token-file",
                  token.toString(),
                  "mp.messaging.incoming.registered.retry-max-wait",
                  "1",
                  // As long as the test takes its time it lives on.
                  "secateur.health.grace",
                  "1h"),
              login(NEWCOMER, NEW_PASSWORD));
      platform.publish(platform.job("shapes", "1", 1));
      platform.await("started", () -> worker.status("/q/health/started") == 200);
      assertThat(worker.status("/q/health/ready")).isEqualTo(503);
      assertThat(worker.body("/q/health/ready"))
          .contains("the broker refuses: Authentication failed", "SCRAM-SHA-512");
      assertThat(worker.status("/q/health/live")).isEqualTo(200);
      assertThat(command(platform, NEW_PASSWORD, 3, publishing()))
          .contains(security.address(), "Authentication failed")
          .doesNotContain(NEW_PASSWORD, "\tat ");

      changePassword();
      platform.await(
          "the store's turn",
          () -> worker.body("/q/health/ready").contains("no credentials: STS service failed"));
      assertThat(worker.status("/q/health/live")).isEqualTo(200);

      Files.writeString(token, identities.token("readwrite"));
      assertThat(platform.awaitResults(1).values())
          .allSatisfy(r -> assertThat(r.path("outcome").asText()).isEqualTo("accepted"));
      platform.await("ready", () -> worker.status("/q/health/ready") == 200);
      assertThat(platform.records(platform.deadLetters())).isEmpty();
      wasToldThenItsEnd(worker, "broker", "the broker refuses");
      wasToldThenItsEnd(worker, "store", "the store ");
      assertThat(worker.process().output()).doesNotContain(NEW_PASSWORD, TOKEN_START);
    }
  }

  /** A slow machine may add changes between the first and the last. */
  private static void wasToldThenItsEnd(WorkerProcess worker, String server, String trouble) {
    List<String> changes =
        worker
            .process()
            .output()
            .lines()
            .filter(line -> line.contains("Surroundings") && line.contains("the " + server))
            .toList();
    assertThat(changes).first().asString().contains("WARN", trouble);
    assertThat(changes).last().asString().contains("INFO", "the " + server + " answers");
  }

  @Test
  void doctorNamesTheRightsThatAWorkersUserLacks() throws Exception {
    try (Platform platform = platform("rights", WORKER);
        Admin admin = admin()) {
      assertThat(doctor(platform, 0))
          .contains(
              "both of " + platform.doorbell(), platform.name + " and " + platform.doorbell());
      // A broker tells what may be done to a group that has been used.
      admin
          .alterConsumerGroupOffsets(
              platform.doorbell(),
              Map.of(new TopicPartition(platform.doorbell(), 0), new OffsetAndMetadata(0)))
          .all()
          .get();
      assertThat(doctor(platform, 0)).doesNotContain("FAIL");
      AclBinding describes =
          allowed(WORKER, ResourceType.GROUP, platform.doorbell(), AclOperation.DESCRIBE);
      admin.createAcls(List.of(describes)).all().get();
      List<AclBindingFilter> taken = new ArrayList<>();
      for (AclBinding right :
          List.of(
              allowed(WORKER, ResourceType.GROUP, platform.doorbell(), AclOperation.READ),
              allowed(WORKER, ResourceType.TOPIC, platform.doorbell(), AclOperation.WRITE),
              allowed(WORKER, ResourceType.TOPIC, platform.deadLetters(), AclOperation.WRITE))) {
        taken.add(right.toFilter());
      }
      AclBinding sees =
          allowed(WORKER, ResourceType.TOPIC, platform.deadLetters(), AclOperation.DESCRIBE);
      admin.createAcls(List.of(sees)).all().get();
      admin.deleteAcls(taken).all().get();
      assertThat(doctor(platform, 3))
          .contains(
              "not allowed: WRITE on %s, WRITE on %s: allow it"
                  .formatted(platform.deadLetters(), platform.doorbell()),
              "not allowed: READ on group %s: allow it".formatted(platform.doorbell()));
    }
  }

  private static String doctor(Platform platform, int exitCode) throws Exception {
    return command(
        platform,
        login(WORKER, PASSWORDS.get(WORKER)),
        exitCode,
        List.of("doctor", "--group", platform.name));
  }

  private static void changePassword() throws Exception {
    ScramCredentialInfo strength = new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096);
    try (Admin admin = admin()) {
      admin
          .alterUserScramCredentials(
              List.of(new UserScramCredentialUpsertion(NEWCOMER, strength, NEW_PASSWORD)))
          .all()
          .get();
    }
  }

  private static Platform platform(String name, String user) throws Exception {
    ObjectStore store =
        Platform.store(
            minio.endpoint(),
            Minio.ACCESS_KEY,
            Minio.SECRET_KEY,
            Optional.of(certificates.authority()));
    Platform platform =
        new Platform(name, 2, broker.address(), minio.endpoint("s3.test"), root, store);
    allow(platform, user);
    return platform;
  }

  /** What docs/operations.md says that a worker's user and a command's need. */
  private static void allow(Platform platform, String user) throws Exception {
    List<AclBinding> bindings = new ArrayList<>();
    bindings.add(allowed(user, ResourceType.TOPIC, platform.registered(), AclOperation.READ));
    bindings.add(allowed(user, ResourceType.GROUP, platform.name, AclOperation.READ));
    for (String topic : List.of("-progress", "-compressed", "-dlq")) {
      bindings.add(allowed(user, ResourceType.TOPIC, platform.name + topic, AclOperation.WRITE));
    }
    bindings.add(allowed(user, ResourceType.TOPIC, platform.doorbell(), AclOperation.READ));
    bindings.add(allowed(user, ResourceType.TOPIC, platform.doorbell(), AclOperation.WRITE));
    bindings.add(allowed(user, ResourceType.GROUP, platform.doorbell(), AclOperation.READ));
    bindings.add(allowed(CALLER, ResourceType.TOPIC, platform.registered(), AclOperation.WRITE));
    bindings.add(allowed(CALLER, ResourceType.GROUP, "secateur-replay", AclOperation.READ));
    for (String topic : List.of("-progress", "-compressed", "-dlq")) {
      bindings.add(allowed(CALLER, ResourceType.TOPIC, platform.name + topic, AclOperation.READ));
    }
    try (Admin admin = admin()) {
      admin.createAcls(bindings).all().get();
    }
  }

  private static AclBinding allowed(
      String user, ResourceType type, String name, AclOperation operation) {
    return new AclBinding(
        new ResourcePattern(type, name, PatternType.LITERAL),
        new AccessControlEntry("User:" + user, "*", operation, AclPermissionType.ALLOW));
  }

  private static Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", broker.address()));
  }

  private static WorkerProcess worker(Platform platform, Map<String, String> more, String login)
      throws Exception {
    Map<String, String> properties = new HashMap<>(settings);
    properties.put("jdk.net.hosts.file", hosts.toString());
    properties.putAll(more);
    return platform.worker(
        platform.name + "-1", properties, Map.of("KAFKA_SASL_JAAS_CONFIG", login));
  }

  private static String login(String user, String password) {
    return "org.apache.kafka.common.security.scram.ScramLoginModule required"
        + " username=\"%s\" password=\"%s\";".formatted(user, password);
  }

  private static String[] publishing() {
    return new String[] {
      "publish",
      "--model",
      Platform.MODEL.toString(),
      "--train",
      Platform.DATA.toString(),
      "--name",
      "shapes",
      "--model-version",
      "1",
      "--epochs",
      "1",
      "--max-accuracy-drop",
      "1"
    };
  }

  /** Runs a command as {@link #CALLER}, with the packaged classes; returns what it printed. */
  private static String command(
      Platform platform, String password, int exitCode, String... arguments) throws Exception {
    return command(platform, login(CALLER, password), exitCode, List.of(arguments));
  }

  private static String command(
      Platform platform, String login, int exitCode, List<String> arguments) throws Exception {
    Map<String, String> environment = new HashMap<>();
    settings.forEach(
        (key, value) ->
            environment.put(key.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_"), value));
    environment.put("KAFKA_SASL_JAAS_CONFIG", login);
    environment.put("SECATEUR_STATE_URI", platform.state.toString());
    environment.put("SECATEUR_TOPICS_REGISTERED", platform.registered());
    environment.put("SECATEUR_TOPICS_PROGRESS", platform.name + "-progress");
    environment.put("SECATEUR_TOPICS_COMPRESSED", platform.name + "-compressed");
    environment.put("SECATEUR_TOPICS_DEAD_LETTERS", platform.deadLetters());
    environment.put("SECATEUR_TOPICS_DOORBELL", platform.doorbell());
    environment.put("TRACEPARENT", "00-" + TRACE + "-" + PARENT + "-01");
    Path application = WorkerProcess.application().toAbsolutePath().getParent();
    List<String> command = new ArrayList<>();
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-Djdk.net.hosts.file=" + hosts));
    command.add("-Djava.util.logging.manager=org.jboss.logmanager.LogManager");
    command.addAll(
        List.of("-cp", "%1$s/app/*:%1$s/lib/main/*:%1$s/lib/boot/*".formatted(application)));
    command.add(Secateur.class.getName());
    command.addAll(arguments);
    try (Subprocess process =
        Subprocess.java(root.resolve(arguments.get(0) + ".log"), environment, command)) {
      assertThat(process.exitCode(Platform.LONG)).as(process.output()).isEqualTo(exitCode);
      return process.output();
    }
  }
}
