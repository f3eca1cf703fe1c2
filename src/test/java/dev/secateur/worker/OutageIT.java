package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.demo.Ports;
import dev.secateur.demo.Subprocess;
import dev.secateur.demo.WorkerProcess;
import dev.secateur.store.ObjectUri;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Broker and store as processes of their own, paused and slowed down under a running worker. */
final class OutageIT {
  /** Past the claims' expiry of five seconds; {@code -Dsecateur.outage=60} for longer ones. */
  private static final Duration OUTAGE =
      Duration.ofSeconds(Integer.getInteger("secateur.outage", 15));

  private static Path directory;
  private static Subprocess kafka;
  private static Subprocess s3;
  private static String kafkaAddress;
  private static int s3Port;

  @BeforeAll
  static void start() throws Exception {
    directory = Files.createTempDirectory("secateur-outage");
    int kafkaPort = Ports.free();
    s3Port = Ports.free();
    kafkaAddress = "127.0.0.1:" + kafkaPort;
    kafka = server("384m", "kafka", directory.resolve("kafka"), kafkaPort);
    s3 = server("192m", "s3", directory.resolve("s3"), s3Port);
    for (Subprocess server : List.of(kafka, s3)) {
      server.await("ready", Duration.ofSeconds(60), () -> server.output().contains("ready"));
    }
  }

  private static Subprocess server(String heap, String kind, Path data, int port) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                "-Xmx" + heap,
                "-cp",
                System.getProperty("java.class.path"),
                "dev.secateur.demo.Servers",
                kind,
                data.toString(),
                String.valueOf(port)));
    if (kind.equals("s3")) {
      command.addAll(List.of(LocalServers.BUCKETS));
    }
    return Subprocess.java(directory.resolve(kind + ".log"), Map.of(), command);
  }

  @AfterAll
  static void stop() {
    kafka.close();
    s3.close();
    JobRun.delete(directory);
  }

  private static Platform platform(String name) throws Exception {
    return new Platform(name, 1, kafkaAddress, "http://127.0.0.1:" + s3Port, directory);
  }

  @ParameterizedTest
  @ValueSource(strings = {"fetch", "fine-tune", "evaluate"})
  void aJobOutlivesAStoreThatIsAway(String stage) throws Exception {
    outage("store-" + stage, stage, s3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"fine-tune", "evaluate"})
  void aJobOutlivesABrokerThatIsAway(String stage) throws Exception {
    outage("broker-" + stage, stage, kafka);
  }

  private static void outage(String name, String stage, Subprocess server) throws Exception {
    try (Platform platform = platform(name)) {
      WorkerProcess worker = platform.worker(name + "-1").awaitReady();
      platform.publish(platform.job("shapes", "1", 30));
      platform.await(
          "stage " + stage,
          () ->
              platform.progress().stream()
                  .anyMatch(e -> e.data().path("stage").asText().equals(stage)));
      server.signal("STOP");
      try {
        LockSupport.parkNanos(OUTAGE.toNanos());
        assertThat(worker.process().isAlive()).isTrue();
        assertThat(worker.status("/q/health/live")).isEqualTo(200);
      } finally {
        server.signal("CONT");
      }
      JsonNode result = platform.awaitResults(1).values().iterator().next();
      assertThat(result.path("outcome").asText()).isEqualTo("accepted");
      platform.await("acknowledged", () -> platform.acknowledged() == 1);
      platform.await("ready again", () -> worker.status("/q/health/ready") == 200);
      assertThat(platform.distinctResults()).hasSize(1);
      assertThat(platform.records(platform.deadLetters())).isEmpty();
    }
  }

  @Test
  void aSlowStoreIsWaitedFor() throws Exception {
    try (SlowProxy proxy = new SlowProxy(s3Port, 16 << 10);
        Platform platform = platform("slow")) {
      platform
          .worker("slow-1", Map.of("secateur.store.endpoint", "http://127.0.0.1:" + proxy.port()))
          .awaitReady();
      platform.publish(platform.job("shapes", "1", 1));
      JsonNode result = platform.awaitResults(1).values().iterator().next();
      assertThat(result.path("outcome").asText()).isEqualTo("accepted");
      // 176 KB of inputs at 16 KB/s.
      assertThat(result.path("seconds").asDouble()).isGreaterThan(9);
    }
  }

  @Test
  void anObjectThatChangesWhileItIsReadIsReadAgainAsWhatItBecame() throws Exception {
    try (SlowProxy proxy = new SlowProxy(s3Port, 16 << 10);
        Platform platform = platform("changing")) {
      WorkerProcess worker =
          platform
              .worker(
                  "changing-1",
                  Map.of("secateur.store.endpoint", "http://127.0.0.1:" + proxy.port()))
              .awaitReady();
      ObjectUri uri = ObjectUri.of("s3://datasets/changing/train.npz");
      platform.store.upload(Platform.DATA, uri);
      ObjectNode job = platform.job("shapes", "1", 1);
      ((ObjectNode) job.get("datasets")).putObject("train").put("uri", uri.toString());
      platform.publish(job);
      // The model is read first; then the data set is another than the one that was looked up.
      platform.await("reading", () -> worker.metric("secateur_claims_total", "taken\"") == 1);
      byte[] other = Files.readAllBytes(Platform.DATA);
      Files.write(directory.resolve("other.npz"), withComment(other));
      platform.store.upload(directory.resolve("other.npz"), uri);
      JsonNode result = platform.awaitResults(1).values().iterator().next();
      assertThat(result.path("outcome").asText()).isEqualTo("accepted");
      assertThat(result.at("/datasets/train/sha256").asText())
          .isEqualTo(dev.secateur.store.Digests.sha256(withComment(other)));
      assertThat(worker.process().output()).contains("an input changed");
    }
  }

  /** The same archive with a comment: other bytes, the same arrays. */
  private static byte[] withComment(byte[] zip) {
    byte[] longer = java.util.Arrays.copyOf(zip, zip.length + 1);
    longer[zip.length - 2] = 1;
    longer[zip.length - 1] = 0;
    longer[zip.length] = 'x';
    return longer;
  }
}
