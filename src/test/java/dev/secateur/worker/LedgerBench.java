package dev.secateur.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.demo.Ports;
import dev.secateur.demo.Subprocess;
import dev.secateur.demo.WorkerProcess;
import dev.secateur.event.CloudEvent;
import dev.secateur.event.KafkaBinding;
import dev.secateur.ledger.Ledger;
import dev.secateur.ledger.ObjectLedgerStore;
import dev.secateur.ledger.Pauses;
import dev.secateur.ledger.Terms;
import dev.secateur.store.ObjectUri;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.opentest4j.TestAbortedException;

/** Intake and execution, measured on packaged workers: {@code bench/ledger}. */
final class LedgerBench {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Duration POLL = Duration.ofMillis(5);
  private static final int STARTS = 5;
  private static final int FIRST_RECORDS = 4000;
  private static final int RECORDS = 8000;
  private static final int WARM = 10;
  private static final int MEASURED = 15;
  private static final int WORKERS = 4;
  private static final int TENANTS = 20;
  private static final int ORDERS = Integer.getInteger("secateur.bench.orders", 80);
  private static final int EPOCHS = 8;
  private static final int KILLS = Integer.getInteger("secateur.bench.kills", 0);
  private static final long SEED = Long.getLong("secateur.bench.seed", 20260101);
  private static final Duration BETWEEN_KILLS = Duration.ofSeconds(12);
  private static final Duration LEASE = Duration.ofSeconds(60);

  /** What tests shorten, as it is in production. */
  private static final Map<String, String> PRODUCTION =
      Map.of(
          "secateur.claim.heartbeat", "15s",
          "secateur.claim.expiry", LEASE.toSeconds() + "s",
          "secateur.jobs.checkpoint-interval", "10s",
          "secateur.jobs.max-attempts", "3",
          "secateur.jobs.retry-delay", "1s",
          "secateur.jobs.retry-max-delay", "30s",
          "secateur.store.connect-timeout", "10s",
          "secateur.store.read-timeout", "20s",
          "mp.messaging.incoming.registered.session.timeout.ms", "45000",
          "mp.messaging.incoming.registered.heartbeat.interval.ms", "3000");

  private LedgerBench() {}

  private interface Part {
    void run() throws Exception;
  }

  public static void main(String[] arguments) throws Exception {
    LocalServers.get();
    Map<String, Part> parts = new LinkedHashMap<>();
    parts.put("cold-start", LedgerBench::coldStarts);
    parts.put("intake", LedgerBench::intake);
    parts.put("one-worker", LedgerBench::oneWorker);
    parts.put("elsewhere", LedgerBench::elsewhere);
    parts.put("idle-share", LedgerBench::idleShare);
    parts.put("takeover", LedgerBench::takeover);
    parts.put("panels", LedgerBench::panels);
    List<String> withoutArguments = List.copyOf(parts.keySet());
    parts.put("kills", LedgerBench::kills);
    try {
      for (String part : arguments.length == 0 ? withoutArguments : List.of(arguments)) {
        parts.get(part).run();
      }
      System.exit(0);
    } catch (Exception | AssertionError e) {
      e.printStackTrace();
      // The servers' threads would go on.
      System.exit(1);
    }
  }

  private static void print(String name, double value) {
    System.out.printf(Locale.ROOT, "%s %.4f%n", name, value);
    System.out.flush();
  }

  private static Ledger ledger(Platform platform) {
    return new Ledger(
        new ObjectLedgerStore(platform.store, platform.state),
        InstantSource.system(),
        new Terms("bench", "bench", LEASE, LEASE));
  }

  /** From the start of a process until it says that it is ready, in turns. */
  private static void coldStarts() throws Exception {
    List<Double> workers = new ArrayList<>();
    List<Double> empty = new ArrayList<>();
    try (Platform platform = new Platform("cold", 1)) {
      for (int i = 0; i < STARTS; i++) {
        long start = System.nanoTime();
        try (WorkerProcess worker = platform.worker("cold-" + i, PRODUCTION)) {
          until(worker.process(), worker.address().resolve("/q/health/ready"));
          workers.add((System.nanoTime() - start) / 1e9);
        }
        empty.add(emptyStart(platform.directory.resolve("empty-" + i + ".log")));
      }
    }
    print("cold-start-seconds", median(workers));
    print("cold-start-empty-seconds", median(empty));
    print("cold-start-ratio", median(workers) / median(empty));
  }

  private static double emptyStart(Path log) throws IOException {
    int port = Ports.free();
    long start = System.nanoTime();
    Subprocess process =
        Subprocess.java(
            log,
            Map.of(),
            List.of(
                "-Xmx768m",
                "-XX:+UseSerialGC",
                "-Dquarkus.http.host=127.0.0.1",
                "-Dquarkus.http.port=" + port,
                "-jar",
                System.getProperty("secateur.bench.empty")));
    try {
      until(process, URI.create("http://127.0.0.1:" + port + "/q/health/ready"));
      return (System.nanoTime() - start) / 1e9;
    } finally {
      process.close();
    }
  }

  /** Asked again soon: what is measured is a second or two. */
  private static void until(Subprocess process, URI ready) {
    while (true) {
      if (!process.isAlive()) {
        throw new IllegalStateException("ended before it was ready:\n" + process.output());
      }
      try {
        HttpURLConnection connection = (HttpURLConnection) ready.toURL().openConnection();
        if (connection.getResponseCode() == 200) {
          return;
        }
      } catch (IOException e) {
        // Not there yet.
      }
      // Asking without a pause would take one of the cores that the start is measured on.
      LockSupport.parkNanos(POLL.toNanos());
    }
  }

  /** Records that are there at once, until the group has acknowledged them all. */
  private static void intake() throws Exception {
    try (Platform platform = new Platform("intake", 4)) {
      ledger(platform).pauses().pause(new Pauses.Scope.All());
      WorkerProcess worker = platform.worker("intake-1", PRODUCTION).awaitReady();
      byte[] data = dev.secateur.event.EventJson.bytes(platform.job("shapes", "1", 1));
      // What a worker of months has long compiled.
      send(platform, data, FIRST_RECORDS, "warm");
      platform.await("warm", () -> platform.acknowledged() == FIRST_RECORDS);
      ProcessHandle process = ProcessHandle.of(worker.process().pid()).orElseThrow();
      double before = processorMillis(process);
      double servers = processorMillis(ProcessHandle.current());
      double requests = worker.metric("secateur_store_requests_seconds_count");
      long start = System.nanoTime();
      send(platform, data, RECORDS, "event");
      platform.await("taken in", () -> platform.acknowledged() == FIRST_RECORDS + RECORDS);
      print("intake-per-second", RECORDS / ((System.nanoTime() - start) / 1e9));
      print("intake-processor-milliseconds", (processorMillis(process) - before) / RECORDS);
      print(
          "intake-servers-processor-milliseconds",
          (processorMillis(ProcessHandle.current()) - servers) / RECORDS);
      print(
          "intake-requests-per-record",
          (worker.metric("secateur_store_requests_seconds_count") - requests) / RECORDS);
      worker.close();
    }
  }

  private static double processorMillis(ProcessHandle process) {
    return process.info().totalCpuDuration().orElseThrow().toNanos() / 1e6;
  }

  private static void send(Platform platform, byte[] data, int records, String name)
      throws Exception {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", platform.kafka),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      ObjectNode tree = (ObjectNode) MAPPER.readTree(data);
      for (int n = 0; n < records; n++) {
        CloudEvent event = platform.event(name + "-" + n, tree);
        KafkaBinding.Encoded encoded = KafkaBinding.binary(event);
        ProducerRecord<byte[], byte[]> record =
            new ProducerRecord<>(platform.registered(), n % 4, null, encoded.value());
        encoded.headers().forEach(record.headers()::add);
        producer.send(record);
      }
    }
  }

  /** One idle worker, one job after the other. */
  private static void oneWorker() throws Exception {
    try (Platform platform = new Platform("one", 1)) {
      WorkerProcess worker = platform.worker("one-1", PRODUCTION).awaitReady();
      List<Double> starts = new ArrayList<>();
      List<Double> added = new ArrayList<>();
      double requests = 0;
      for (int j = 1; j <= WARM + MEASURED; j++) {
        double before = worker.metric("secateur_store_requests_seconds_count");
        Instant sent = Instant.now();
        platform.publish(platform.job("shapes", "v" + j, 1));
        int jobs = j;
        platform.await("result", () -> platform.results().size() == jobs);
        Instant answered = platform.results().get(j - 1).time().orElseThrow();
        if (j > WARM) {
          starts.add(millis(sent, begun(platform, "v" + j, 1)));
          added.add(millis(sent, answered) - 1e3 * engineSeconds(platform, j - 1));
          platform.await("settled", platform::isSettled);
          requests += worker.metric("secateur_store_requests_seconds_count") - before;
        }
      }
      print("start-milliseconds", median(starts));
      print("added-milliseconds", median(added));
      print("requests-per-job", requests / MEASURED);
    }
  }

  private static double millis(Instant from, Instant to) {
    return Duration.between(from, to).toNanos() / 1e6;
  }

  /** When an order's first stage began under its n-th claim, as its progress says. */
  private static Instant begun(Platform platform, String version, int claim) {
    return platform.progress().stream()
        .filter(e -> e.data().at("/model/version").asText().equals(version))
        .filter(e -> e.data().at("/job/epoch").asInt() == claim)
        .map(e -> e.time().orElseThrow())
        .min(Comparator.naturalOrder())
        .orElseThrow();
  }

  /** The stages' own times, as the report has them. */
  private static double engineSeconds(Platform platform, int result) throws IOException {
    JsonNode data = platform.results().get(result).data();
    byte[] report =
        platform.store.read(ObjectUri.of(data.at("/report/json").asText()), 1 << 22).orElseThrow();
    double sum = 0;
    for (JsonNode stage : MAPPER.readTree(report).path("stages")) {
      sum += stage.path("seconds").asDouble();
    }
    return sum;
  }

  /** Who takes the record in is busy; another worker is idle. */
  private static void elsewhere() throws Exception {
    try (Platform platform = new Platform("elsewhere", 1)) {
      platform.worker("elsewhere-1", PRODUCTION).awaitReady();
      platform.publish(platform.job("shapes", "long", 10_000));
      platform.await("running", () -> !platform.progress().isEmpty());
      platform.worker("elsewhere-2", PRODUCTION).awaitReady();
      List<Double> starts = new ArrayList<>();
      for (int j = 1; j <= 8; j++) {
        Instant sent = Instant.now();
        platform.publish(platform.job("shapes", "v" + j, 1));
        int jobs = j;
        platform.await("result", () -> platform.results().size() == jobs);
        starts.add(millis(sent, begun(platform, "v" + j, 1)));
      }
      print("start-elsewhere-milliseconds", median(starts));
    }
  }

  /** Orders of many tenants on several workers: the share of their time in which they had none. */
  private static void idleShare() throws Exception {
    try (Platform platform = new Platform("idle", 4)) {
      Ledger ledger = ledger(platform);
      ledger.pauses().pause(new Pauses.Scope.All());
      for (int w = 1; w <= WORKERS; w++) {
        platform.worker("idle-" + w, PRODUCTION).awaitReady();
      }
      for (int j = 0; j < ORDERS; j++) {
        publish(platform, j);
      }
      platform.await(
          "taken in",
          () -> platform.store.list(platform.state.resolve("pending/")).size() == ORDERS);
      ledger.pauses().resume(new Pauses.Scope.All());
      awaitResults(platform, ORDERS);
      print("idle-share", idleShare(platform));
      Map<Integer, Long> answered =
          platform.results().stream()
              .limit(ORDERS / 2)
              .map(e -> Integer.parseInt(e.data().at("/model/version").asText().substring(1)))
              .collect(Collectors.groupingBy(order -> order % TENANTS, Collectors.counting()));
      LongSummaryStatistics ofTenants =
          IntStream.range(0, TENANTS)
              .mapToLong(tenant -> answered.getOrDefault(tenant, 0L))
              .summaryStatistics();
      print("half-way-fewest-of-a-tenant", ofTenants.getMin());
      print("half-way-most-of-a-tenant", ofTenants.getMax());
    }
  }

  private static void publish(Platform platform, int number) throws IOException {
    String tenant = "t" + number % TENANTS;
    platform.publish(platform.job("shapes", "v" + number, EPOCHS).put("tenant", tenant));
  }

  /** As long as answers go on coming. */
  private static void awaitResults(Platform platform, int orders) {
    for (int n = 1; n <= orders; n++) {
      int answered = n;
      platform.await(n + " answers", () -> platform.results().size() >= answered);
    }
  }

  /** Gaps between a worker's answers and its next beginnings, as long as any order waited. */
  private static double idleShare(Platform platform) {
    Map<String, List<Instant[]>> byWorker = new HashMap<>();
    for (CloudEvent result : platform.results()) {
      String version = result.data().at("/model/version").asText();
      byWorker
          .computeIfAbsent(result.data().at("/worker/id").asText(), w -> new ArrayList<>())
          .add(new Instant[] {begun(platform, version, 1), result.time().orElseThrow()});
    }
    Instant last =
        byWorker.values().stream()
            .flatMap(List::stream)
            .map(job -> job[0])
            .max(Comparator.naturalOrder())
            .orElseThrow();
    double idle = 0;
    double whole = 0;
    for (List<Instant[]> jobs : byWorker.values()) {
      jobs.sort(Comparator.comparing(job -> job[0]));
      Instant begin = jobs.get(0)[0];
      whole += millis(begin, last);
      for (int j = 1; j < jobs.size(); j++) {
        idle += Math.max(0, millis(jobs.get(j - 1)[1], jobs.get(j)[0]));
      }
      Instant end = jobs.get(jobs.size() - 1)[1];
      idle += end.isBefore(last) ? millis(end, last) : 0;
    }
    return idle / whole;
  }

  /** A worker dies in mid-work beside an idle one, which must wait for its lease. */
  private static void takeover() throws Exception {
    try (Platform platform = new Platform("takeover", 1)) {
      WorkerProcess first = platform.worker("takeover-1", PRODUCTION).awaitReady();
      platform.publish(platform.job("shapes", "v", 10_000));
      platform.await("running", () -> !platform.progress().isEmpty());
      platform.worker("takeover-2", PRODUCTION).awaitReady();
      first.process().signal("KILL");
      Instant killed = Instant.now();
      platform.await(
          "taken over",
          () -> platform.progress().stream().anyMatch(e -> e.data().at("/job/epoch").asInt() == 2));
      print("takeover-seconds", millis(killed, begun(platform, "v", 2)) / 1e3);
      print("lease-seconds", LEASE.toSeconds());
    }
  }

  /** Any of several busy workers dies, at any moment of what it does, and another starts. */
  private static void kills() throws Exception {
    Random random = new Random(SEED);
    int orders = 0;
    try (Platform platform = new Platform("kills", 4)) {
      WorkerProcess[] workers = new WorkerProcess[WORKERS];
      for (int w = 0; w < WORKERS; w++) {
        workers[w] = platform.worker("kills-" + w, PRODUCTION).awaitReady();
      }
      for (int kill = 0; kill < KILLS; kill++) {
        for (; orders < platform.distinctResults().size() + 4 * WORKERS; orders++) {
          publish(platform, orders);
        }
        LockSupport.parkNanos((long) (random.nextDouble() * BETWEEN_KILLS.toNanos()));
        int victim = random.nextInt(WORKERS);
        workers[victim].process().signal("KILL");
        workers[victim] = platform.worker("kills-" + (WORKERS + kill), PRODUCTION).awaitReady();
      }
      int published = orders;
      platform.await("answers", () -> platform.distinctResults().size() == published);
      platform.await("settled", platform::isSettled);
      Collection<JsonNode> answers = platform.distinctResults().values();
      print("kills", KILLS);
      print("kills-orders", orders);
      print("kills-accepted", answers.stream().filter(LedgerBench::isAccepted).count());
      answers.stream()
          .filter(answer -> !isAccepted(answer))
          .map(answer -> answer.at("/reason/code").asText())
          .collect(Collectors.groupingBy(code -> code, Collectors.counting()))
          .forEach((code, count) -> print("kills-" + code, count));
      print("kills-answered-again", platform.results().size() - answers.size());
      print("kills-dead-letters", platform.records(platform.deadLetters()).size());
      List<Double> takeovers = takeovers(platform);
      print("kills-taken-over", takeovers.size());
      print("kills-takeover-seconds", median(takeovers));
      print("kills-takeover-seconds-most", Collections.max(takeovers));
    }
  }

  /** Seconds from the last that was heard of a claim until the order's next. */
  private static List<Double> takeovers(Platform platform) {
    Map<String, NavigableMap<Integer, List<Instant>>> heard = new HashMap<>();
    for (CloudEvent progress : platform.progress()) {
      heard
          .computeIfAbsent(progress.data().at("/model/version").asText(), v -> new TreeMap<>())
          .computeIfAbsent(progress.data().at("/job/epoch").asInt(), c -> new ArrayList<>())
          .add(progress.time().orElseThrow());
    }
    List<Double> seconds = new ArrayList<>();
    for (NavigableMap<Integer, List<Instant>> claims : heard.values()) {
      for (int claim : claims.tailMap(claims.firstKey(), false).keySet()) {
        Instant last = Collections.max(claims.lowerEntry(claim).getValue());
        seconds.add(millis(last, Collections.min(claims.get(claim))) / 1e3);
      }
    }
    return seconds;
  }

  private static boolean isAccepted(JsonNode answer) {
    return answer.path("outcome").asText().equals("accepted");
  }

  /** What a Prometheus beside a worker answers to the queries of dashboards and rules. */
  private static void panels() throws Exception {
    List<String> expressions = PanelQueries.expressions("ml", "monitoring");
    try {
      List<String> silent =
          DashboardsIT.silent(
              Files.createTempDirectory(LocalServers.get().directory, "panels"), expressions);
      silent.forEach(System.err::println);
      print("panel-queries", expressions.size());
      print("panel-queries-silent", silent.size());
    } catch (TestAbortedException e) {
      System.err.println("panels: " + e.getMessage());
    }
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }
}
