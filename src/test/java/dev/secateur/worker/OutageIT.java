package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.demo.WorkerProcess;
import dev.secateur.job.Stage;
import dev.secateur.store.Digests;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoredObject;
import dev.secateur.worker.ServerProcess.Away;
import dev.secateur.worker.run.Hooks;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Broker and store away or slow under a running worker. These tests mostly wait, so they run at the
 * same time; a server that goes away is used by one of them alone.
 */
final class OutageIT {
  /**
   * Seconds; given, each stage meets each kind of outage in a job of its own. Otherwise one job
   * meets one in each stage in turn.
   */
  private static final Optional<Integer> GIVEN =
      Optional.ofNullable(Integer.getInteger("secateur.outage"));

  /** Past the claims' expiry of five seconds and the consumers' session of six. */
  private static final Duration OUTAGE = Duration.ofSeconds(GIVEN.orElse(7));

  /** After so long a worker must have noticed: it looks every five seconds, and waits for five. */
  private static final Duration NOTICED = Duration.ofSeconds(30);

  /** Enough for a training to be met in its midst. */
  private static final int EPOCHS = 12;

  private static final int KILOBYTE = 1 << 10;

  /** The default of {@code secateur.claim.expiry}. */
  private static final Duration EXPIRY = Duration.ofSeconds(60);

  /** Bytes before the values of each array in the example's set. */
  private static final int NPY_HEAD = 128;

  private static Path directory;
  private static ServerProcess broker;
  private static ServerProcess store;

  /** A server is away while a job is in a stage. */
  private record Outage(String stage, Away how) {
    @Override
    public String toString() {
      return stage + " " + how;
    }
  }

  @BeforeAll
  static void start() throws Exception {
    directory = Files.createTempDirectory("secateur-outage");
    broker = ServerProcess.broker(directory);
    store = ServerProcess.store(directory);
    broker.awaitReady();
    store.awaitReady();
  }

  @AfterAll
  static void stop() {
    broker.close();
    store.close();
    WorkDirectory.delete(directory);
  }

  /** All that a job passes through. */
  private static List<String> stages() {
    List<String> stages = new ArrayList<>(List.of(JobMeters.FETCH));
    Stream.of(Stage.values()).map(Stage::label).forEach(stages::add);
    stages.add(JobMeters.PUSH);
    return stages;
  }

  /** Of each job. */
  static Stream<List<Outage>> outages() {
    if (GIVEN.isPresent()) {
      return stages().stream()
          .flatMap(stage -> Stream.of(Away.values()).map(how -> List.of(new Outage(stage, how))));
    }
    List<Outage> all = new ArrayList<>();
    for (String stage : stages()) {
      all.add(new Outage(stage, Away.values()[all.size() % 2]));
    }
    return Stream.of(all);
  }

  @ParameterizedTest
  @MethodSource("outages")
  @Execution(ExecutionMode.CONCURRENT)
  @ResourceLock("store")
  void aJobOutlivesAStoreThatIsAwayIn(List<Outage> outages) throws Exception {
    // Requests give up within the short outage as well, so that attempts are repeated.
    Map<String, String> settings =
        Map.of("secateur.store.read-timeout", "2s", "secateur.store.retries", "1");
    String kafka = LocalServers.get().kafka;
    try (Platform platform =
        new Platform("no-store", 1, kafka, "http://" + store.address(), directory)) {
      JsonNode result = outlive(outages, store, platform, settings);
      assertThat(result.at("/job/epoch").asInt()).isEqualTo(1);
      // An outage is no attempt, but for one that ends just when the job gives up on a request.
      assertThat(result.at("/job/attempt").asInt()).isLessThanOrEqualTo(2);
    }
  }

  @ParameterizedTest
  @MethodSource("outages")
  @Execution(ExecutionMode.CONCURRENT)
  @ResourceLock("broker")
  void aJobOutlivesABrokerThatIsAwayIn(List<Outage> outages) throws Exception {
    String s3 = LocalServers.get().s3;
    try (Platform platform = new Platform("no-broker", 1, broker.address(), s3, directory)) {
      JsonNode result = outlive(outages, broker, platform, Map.of());
      // The job itself needs no broker.
      assertThat(result.at("/job/epoch").asInt()).isEqualTo(1);
      assertThat(result.at("/job/attempt").asInt()).isEqualTo(1);
    }
  }

  private static JsonNode outlive(
      List<Outage> outages, ServerProcess server, Platform platform, Map<String, String> more)
      throws Exception {
    Path gates = Files.createDirectories(platform.directory.resolve("gates"));
    Map<String, String> settings = new HashMap<>(more);
    settings.put(Hooks.STAGE_GATE, gates.toString());
    // As in production: an outage that counted would soon end the job.
    settings.put("secateur.jobs.max-attempts", "3");
    WorkerProcess worker = platform.worker("worker", settings).awaitReady();
    platform.publish(platform.job("shapes", "1", EPOCHS));
    List<String> seen = new ArrayList<>();
    for (String stage : stages()) {
      platform.await(stage, () -> hasReached(worker, stage));
      Optional<Outage> now = outages.stream().filter(o -> o.stage().equals(stage)).findAny();
      if (now.isEmpty()) {
        Files.createFile(gates.resolve(stage));
      } else {
        boolean wentOn = outage(platform, worker, server, gates, now.get());
        seen.add(now.get() + (wentOn ? "" : " (waited)"));
      }
    }
    JsonNode result = platform.awaitResults(1).values().iterator().next();
    assertThat(result.path("outcome").asText()).isEqualTo("accepted");
    platform.await("acknowledged", () -> platform.acknowledged() == 1);
    assertThat(platform.distinctResults()).hasSize(1);
    assertThat(platform.records(platform.deadLetters())).isEmpty();
    System.out.printf(
        "%s, %d s each, %s: attempts %d, result sent %d times, %.0f s%n",
        platform.name,
        OUTAGE.toSeconds(),
        String.join(", ", seen),
        result.at("/job/attempt").asInt(),
        platform.results().size(),
        result.path("seconds").asDouble());
    return result;
  }

  /**
   * The server goes away while the job stands at the beginning of a stage, or trains; then the job
   * goes on, and after a while the server comes back.
   *
   * @return whether the job reached the next stage without the server
   */
  private static boolean outage(
      Platform platform, WorkerProcess worker, ServerProcess server, Path gates, Outage outage)
      throws Exception {
    Path gate = gates.resolve(outage.stage());
    boolean training = outage.stage().equals(Stage.FINE_TUNE.label());
    if (training) {
      Files.createFile(gate);
      platform.await("an epoch", () -> worker.process().output().contains(" epoch: "));
    }
    server.leave(outage.how());
    try {
      if (!training) {
        Files.createFile(gate);
      }
      boolean noticed = waitOut(worker);
      assertThat(noticed || OUTAGE.compareTo(NOTICED) < 0).as("readiness was 503").isTrue();
      int next = stages().indexOf(outage.stage()) + 1;
      return next < stages().size() && hasReached(worker, stages().get(next));
    } finally {
      server.comeBack(outage.how());
      platform.await("ready again", () -> isReady(worker));
    }
  }

  /** Lets the outage pass. Returns whether the worker ever said that it is not ready. */
  private static boolean waitOut(WorkerProcess worker) {
    boolean noticed = false;
    long end = System.nanoTime() + OUTAGE.toNanos();
    while (System.nanoTime() < end) {
      noticed |= !isReady(worker);
      LockSupport.parkNanos(Duration.ofMillis(200).toNanos());
    }
    return noticed;
  }

  /** Whatever is away, the worker lives. */
  private static boolean isReady(WorkerProcess worker) {
    assertThat(worker.status("/q/health/live")).as("liveness").isEqualTo(200);
    return worker.status("/q/health/ready") == 200;
  }

  private static boolean hasReached(WorkerProcess worker, String stage) {
    return worker.process().output().contains(" stage " + stage + "\n");
  }

  /**
   * All requests share the line, so that a heartbeat waits for its turn beside a download, which
   * takes longer than a claim that nobody renews lives. With the settings that workers have by
   * default; both ways only with {@code secateur.outage}, since that takes many minutes.
   */
  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void aStoreOfOneKilobyteASecondIsWaitedForAndTheClaimHolds() throws Exception {
    int up = GIVEN.isPresent() ? KILOBYTE : SlowProxy.FAST;
    try (SlowProxy proxy = new SlowProxy(port(LocalServers.get().s3), up, KILOBYTE);
        Platform platform = new Platform("slow", 1)) {
      Map<String, String> settings = new HashMap<>();
      settings.put("secateur.store.endpoint", proxy.endpoint());
      settings.put("secateur.claim.expiry", EXPIRY.toSeconds() + "s");
      settings.put("secateur.claim.heartbeat", "10s");
      settings.put("secateur.store.read-timeout", "20s");
      WorkerProcess worker = platform.worker("slow-1", settings).awaitReady();
      Path data = quarter(Platform.DATA, platform.directory.resolve("quarter.npz"));
      ObjectNode job = platform.job("shapes", "1", 1);
      ((ObjectNode) job.get("datasets")).set("train", platform.source(data, "datasets"));
      platform.publish(job);
      Duration[] oldest = {Duration.ZERO};
      platform.await(
          "the result",
          Duration.ofMinutes(20),
          () -> {
            Duration age = claimAge(platform);
            boolean ended = platform.results().size() == 1;
            oldest[0] = ended ? oldest[0] : older(oldest[0], age);
            return isReady(worker) && ended;
          });
      JsonNode result = platform.results().get(0).data();
      System.out.printf(
          "1 KB/s: %.0f s, attempts %d, oldest heartbeat %d s%n",
          result.path("seconds").asDouble(),
          result.at("/job/attempt").asInt(),
          oldest[0].toSeconds());
      assertThat(result.path("outcome").asText()).isEqualTo("accepted");
      assertThat(result.at("/job/attempt").asInt()).isEqualTo(1);
      long bytes = Files.size(Platform.MODEL) + Files.size(data);
      assertThat(result.path("seconds").asDouble()).isGreaterThan((double) bytes / KILOBYTE);
      assertThat((double) bytes / KILOBYTE).isGreaterThan(EXPIRY.toSeconds());
      assertThat(oldest[0]).isLessThan(EXPIRY);
    }
  }

  /** A set of a quarter of the samples: the first ones of each array. */
  private static Path quarter(Path npz, Path target) throws IOException {
    try (ZipFile all = new ZipFile(npz.toFile());
        ZipOutputStream some = new ZipOutputStream(Files.newOutputStream(target))) {
      for (ZipEntry entry : Collections.list(all.entries())) {
        byte[] array = all.getInputStream(entry).readAllBytes();
        String head = new String(array, 0, NPY_HEAD, StandardCharsets.ISO_8859_1);
        Matcher count = Pattern.compile("[0-9]+(?=,)").matcher(head);
        assertThat(count.find()).isTrue();
        int samples = Integer.parseInt(count.group());
        int sample = (array.length - NPY_HEAD) / samples;
        String quarter = "%" + count.group().length() + "d";
        some.putNextEntry(new ZipEntry(entry.getName()));
        some.write(
            count
                .replaceFirst(quarter.formatted(samples / 4))
                .getBytes(StandardCharsets.ISO_8859_1));
        some.write(array, NPY_HEAD, samples / 4 * sample);
      }
    }
    return target;
  }

  /** Of the newest claim's last sign of life, as another worker would see it. */
  private static Duration claimAge(Platform platform) {
    return platform.store.list(platform.state.resolve("claims/")).stream()
        .filter(o -> o.uri().key().endsWith(".heart"))
        .flatMap(o -> platform.store.stat(o.uri()).stream())
        .map(StoredObject::age)
        .reduce(Duration.ZERO, OutageIT::older);
  }

  private static Duration older(Duration a, Duration b) {
    return a.compareTo(b) > 0 ? a : b;
  }

  private static int port(String address) {
    return URI.create(address).getPort();
  }

  /** Most of a file lies in the line's buffers when the client waits for the store's answer. */
  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void aFileIsStoredAtOneKilobyteASecond() throws Exception {
    ObjectUri uri = ObjectUri.of("s3://artifacts/slowly");
    byte[] bytes = new byte[30 * KILOBYTE];
    Path file = Files.write(directory.resolve("slowly"), bytes);
    try (SlowProxy proxy = new SlowProxy(port(LocalServers.get().s3), KILOBYTE, KILOBYTE);
        ObjectStore slow = Platform.store(proxy.endpoint())) {
      assertThat(slow.createFrom(file, Digests.sha256(file), uri)).isTrue();
      assertThat(slow.stat(uri).map(StoredObject::bytes)).contains((long) bytes.length);
    }
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void anObjectThatChangesWhileItIsReadIsNoMixOfBothAndIsNotRunInItsPlace() throws Exception {
    ObjectUri uri = ObjectUri.of("s3://datasets/changing/train.npz");
    byte[] other = withComment(Files.readAllBytes(Platform.DATA));
    Path replacement = Files.write(directory.resolve("other.npz"), other);
    try (Platform platform = new Platform("changing", 1);
        CuttingProxy proxy =
            new CuttingProxy(
                port(LocalServers.get().s3),
                uri.key(),
                KILOBYTE,
                () -> platform.store.upload(replacement, uri))) {
      platform
          .worker("changing-1", Map.of("secateur.store.endpoint", proxy.endpoint()))
          .awaitReady();
      platform.store.upload(Platform.DATA, uri);
      ObjectNode job = platform.job("shapes", "1", 1);
      ((ObjectNode) job.get("datasets")).putObject("train").put("uri", uri.toString());
      platform.publish(job);
      JsonNode result = platform.awaitResults(1).values().iterator().next();
      assertThat(result.at("/reason/code").asText()).isEqualTo("object-changed");
      assertThat(result.at("/reason/message").asText()).contains(uri.toString());
      assertThat(proxy.requests().get(1)).containsIgnoringCase("range: bytes=" + KILOBYTE + "-");
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
