package dev.secateur.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.secateur.cli.ExitCode;
import dev.secateur.cli.Secateur;
import dev.secateur.event.CloudEvent;
import dev.secateur.event.EventType;
import dev.secateur.event.KafkaBinding;
import dev.secateur.event.MalformedEventException;
import dev.secateur.store.AllowedBuckets;
import dev.secateur.store.CredentialSources;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.S3ObjectStore;
import dev.secateur.store.S3Settings;
import dev.secateur.store.StoreListener;
import dev.secateur.store.StoredObject;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code secateur demo}: the whole service on this machine, with one job through it. */
@Command(
    name = "secateur demo",
    description = {
      "Starts a real Kafka broker, a real S3 server and a worker; registers the example model,",
      "follows its job, and shows what came of it."
    },
    mixinStandardHelpOptions = true)
public final class Demo implements Callable<Integer> {
  private static final String[] BUCKETS = {"models", "datasets", "artifacts"};
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration LONGEST = Duration.ofMinutes(5);
  private static final int PER_MILLE = 1000;
  private static final int LARGEST = 4 << 20;
  private static final int CLEANINGS = 20;
  private static final ObjectMapper JSON = new ObjectMapper();

  @Spec CommandSpec spec;

  @Option(names = "--keep", description = "Leave everything running, and say where it is.")
  boolean keep;

  @Option(names = "--workers", defaultValue = "1", description = "Worker processes (default 1).")
  int workers;

  @Option(names = "--epochs", defaultValue = "40", description = "Of fine-tuning (default 40).")
  int epochs;

  @Option(
      names = "--search",
      description =
          "Look for the smallest model within the acceptance, and show what could be had.")
  boolean search;

  private final PrintStream out = System.out;

  public static void main(String[] arguments) {
    System.setProperty("java.util.logging.manager", "org.jboss.logmanager.LogManager");
    java.util.logging.Logger.getLogger("").setLevel(java.util.logging.Level.SEVERE);
    System.exit(new CommandLine(new Demo()).execute(arguments));
  }

  @Override
  public Integer call() throws Exception {
    if (workers < 1) {
      throw new ParameterException(spec.commandLine(), "--workers: must be at least 1");
    }
    Path examples = example();
    Path directory = Files.createTempDirectory("secateur-demo");
    List<WorkerProcess> started = new CopyOnWriteArrayList<>();
    // Not at the end of this method: Ctrl-C ends the process in the middle of it.
    Runtime.getRuntime().addShutdownHook(new Thread(() -> cleanUp(started, directory)));
    long start = System.nanoTime();
    out.println("starting Kafka (KRaft), an S3 server and " + workers + " worker(s) …");
    try (LocalStore s3 = LocalStore.start(directory.resolve("s3"), Ports.free(), BUCKETS);
        LocalBroker broker = LocalBroker.start(directory.resolve("kafka"), Ports.free())) {
      for (int w = 1; w <= workers; w++) {
        started.add(
            WorkerProcess.start(
                "worker-" + w, directory, broker.address(), s3.endpoint(), settings()));
      }
      started.forEach(WorkerProcess::awaitReady);
      out.printf(
          Locale.ROOT,
          "ready after %.1f s: Kafka %s, S3 %s, worker %s%n",
          (System.nanoTime() - start) / 1e9,
          broker.address(),
          s3.endpoint(),
          started.get(0).address());
      String id = publish(examples, broker, s3);
      CloudEvent result = follow(broker.address(), id);
      show(result, s3.endpoint());
      out.printf(Locale.ROOT, "%ndone in %.1f s%n", (System.nanoTime() - start) / 1e9);
      if (keep) {
        invite(broker, s3, started);
        new CountDownLatch(1).await();
      }
      return switch (result.data().path("outcome").asText()) {
        case "accepted" -> ExitCode.DONE;
        case "rejected" -> ExitCode.NOT_ACCEPTED;
        default -> ExitCode.FAILED;
      };
    } finally {
      started.forEach(WorkerProcess::close);
    }
  }

  /** The examples beside the build that this class was loaded from. */
  private static Path example() throws Exception {
    Path classes = Path.of(Demo.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    Path project = classes.getParent().getParent();
    System.setProperty(
        "secateur.application", project.resolve("target/quarkus-app/quarkus-run.jar").toString());
    return project.resolve("examples");
  }

  private static Map<String, String> settings() {
    Map<String, String> settings = new HashMap<>();
    settings.put("secateur.kafka.partitions", "6");
    return settings;
  }

  private String publish(Path examples, LocalBroker broker, LocalStore s3) throws IOException {
    Path data = examples.resolve("shapes.npz");
    List<String> command = new ArrayList<>();
    command.addAll(List.of("publish", "--model", examples.resolve("shapes.h5").toString()));
    command.addAll(List.of("--train", data.toString(), "--name", "shapes"));
    command.addAll(List.of("--model-version", "1"));
    command.addAll(List.of("--epochs", String.valueOf(search ? Math.min(epochs, 10) : epochs)));
    // Of an example this small, a few samples are a percent.
    command.addAll(List.of("--max-accuracy-drop", search ? "0.08" : "0.03"));
    if (search) {
      command.addAll(List.of("--search", "--trials", "12"));
    }
    command.addAll(List.of("--kafka", broker.address(), "--store", s3.endpoint()));
    out.println("\n$ ./secateur " + String.join(" ", command));
    List<String> process = new ArrayList<>();
    process.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    process.add("-Djava.util.logging.manager=org.jboss.logmanager.LogManager");
    process.add("-XX:TieredStopAtLevel=1");
    process.addAll(List.of("-cp", System.getProperty("java.class.path")));
    process.add(Secateur.class.getName());
    process.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(process);
    builder.environment().put("SECATEUR_STORE_ACCESS_KEY", LocalStore.ACCESS_KEY);
    builder.environment().put("SECATEUR_STORE_SECRET_KEY", LocalStore.SECRET_KEY);
    Process publish = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String id = new String(publish.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    if (id.isEmpty()) {
      throw new IOException("the event was not published");
    }
    out.println(id + "\n");
    return id;
  }

  /** The bar moves by the progress events alone: what any consumer of theirs can show. */
  private static CloudEvent follow(String kafka, String id) {
    try (KafkaConsumer<byte[], byte[]> consumer =
            new KafkaConsumer<>(
                Map.of("bootstrap.servers", kafka),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        ProgressBar bar =
            new ProgressBarBuilder()
                .setTaskName("shapes")
                .setInitialMax(PER_MILLE)
                .setStyle(ProgressBarStyle.UNICODE_BLOCK)
                .hideEta()
                .build()) {
      List<TopicPartition> partitions = new ArrayList<>();
      for (String topic : List.of("model-compression-progress", "model-compressed")) {
        consumer
            .partitionsFor(topic)
            .forEach(p -> partitions.add(new TopicPartition(topic, p.partition())));
      }
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      long end = System.nanoTime() + LONGEST.toNanos();
      while (System.nanoTime() < end) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          CloudEvent event = read(record);
          boolean trial = event.data().has("trial");
          if (trial || !event.data().at("/job/registeredId").asText().equals(id)) {
            continue;
          }
          if (event.type() != EventType.PROGRESSED) {
            bar.stepTo(PER_MILLE);
            bar.setExtraMessage(" done");
            return event;
          }
          bar.stepTo(Math.round(event.data().path("progress").asDouble() * PER_MILLE));
          bar.setExtraMessage(" " + message(event.data()));
        }
      }
    }
    throw new IllegalStateException("no result within " + LONGEST.toMinutes() + " minutes");
  }

  private static String message(JsonNode data) {
    JsonNode training = data.path("training");
    JsonNode tried = data.path("search");
    if (!tried.isMissingNode()) {
      return String.format(
          Locale.ROOT,
          "%d of %d trials, the best %,d bytes zipped",
          tried.path("tried").asInt(),
          tried.path("most").asInt(),
          tried.at("/best/zippedBytes").asLong());
    }
    String stage = data.path("stage").asText();
    return training.isMissingNode()
        ? stage
        : String.format(
            Locale.ROOT,
            "%s %d/%d, sparsity %.0f %%",
            stage,
            training.path("step").asInt(),
            training.path("steps").asInt(),
            100 * training.path("sparsity").asDouble());
  }

  private static CloudEvent read(ConsumerRecord<byte[], byte[]> record) {
    Map<String, byte[]> headers = new HashMap<>();
    for (Header header : record.headers()) {
      headers.put(header.key(), header.value());
    }
    try {
      return KafkaBinding.read(headers, Optional.ofNullable(record.value()), LARGEST, "");
    } catch (MalformedEventException e) {
      throw new IllegalStateException("the worker sent a malformed event", e);
    }
  }

  private void show(CloudEvent result, String s3) throws IOException {
    JsonNode data = result.data();
    if (result.type() == EventType.FAILED) {
      out.println("FAILED: " + data.at("/reason/message").asText());
      return;
    }
    out.printf(
        "%n%-9s %10s %10s %8s %10s %12s%n",
        "variant", "bytes", "zipped", "top-1", "sparsity", "latency");
    for (JsonNode variant : data.path("variants")) {
      out.printf(
          Locale.ROOT,
          "%-9s %,10d %,10d %7.2f%% %9.1f%% %9.3f ms%n",
          variant.path("name").asText(),
          variant.path("bytes").asLong(),
          variant.path("zippedBytes").asLong(),
          100 * variant.path("top1").asDouble(),
          100 * variant.path("sparsity").asDouble(),
          variant.at("/latencyMicros/median").asDouble() / 1e3);
    }
    front(data.path("search"));
    out.printf(
        "%n%s: %s%n%nobjects:%n",
        data.path("outcome").asText().toUpperCase(Locale.ROOT), data.path("reason").asText());
    Set<String> buckets = Set.of(BUCKETS);
    try (ObjectStore store =
        new S3ObjectStore(
            new S3Settings(
                URI.create(s3),
                "us-east-1",
                true,
                Optional.of(CredentialSources.keys(LocalStore.ACCESS_KEY, LocalStore.SECRET_KEY)),
                Optional.empty(),
                Duration.ofSeconds(5),
                Duration.ofSeconds(30),
                3),
            new AllowedBuckets(buckets, buckets),
            StoreListener.NONE)) {
      for (StoredObject object : store.list(new ObjectUri("artifacts", ""))) {
        out.printf(Locale.ROOT, "  %,10d  %s%n", object.bytes(), object.uri());
      }
      Path report = Path.of("target", "demo", "report.html").toAbsolutePath();
      Files.createDirectories(report.getParent());
      ObjectUri uri = ObjectUri.of(data.at("/report/html").asText());
      store.download(store.stat(uri).orElseThrow(), Optional.empty(), LARGEST, report);
      out.printf("%nresult event %s (%s):%n", result.id(), result.type().type());
      out.println(JSON.writerWithDefaultPrettyPrinter().writeValueAsString(brief(data)));
      out.printf("%nreport: %s%n", report);
    }
  }

  /** What else could be had, where it was searched for. */
  private void front(JsonNode search) {
    if (search.isMissingNode()) {
      return;
    }
    out.printf(
        "%nthe front of %d trials, on held-out samples:%n%-6s %10s %10s %8s%n",
        search.path("trials").asInt(), "trial", "bytes", "zipped", "top-1");
    for (JsonNode point : search.path("front")) {
      out.printf(
          Locale.ROOT,
          "%-6d %,10d %,10d %7.2f%%%s%n",
          point.path("trial").asInt(),
          point.path("bytes").asLong(),
          point.path("zippedBytes").asLong(),
          100 * point.at("/measures/top1").asDouble(),
          point.path("trial").equals(search.path("best")) ? "  chosen" : "");
    }
  }

  /** The event without the lists that were shown above. */
  private static JsonNode brief(JsonNode data) {
    com.fasterxml.jackson.databind.node.ObjectNode brief = data.deepCopy();
    brief.remove(List.of("variants", "artifacts", "plan", "search"));
    return brief;
  }

  private void invite(LocalBroker broker, LocalStore s3, List<WorkerProcess> workers) {
    out.printf(
        """

        everything keeps running until Ctrl-C:
          Kafka    %s
          S3       %s (access key %s, secret key %s)
          metrics  %s/q/metrics
          health   %s/q/health
        try next, in another terminal:
          export KAFKA_BOOTSTRAP_SERVERS=%s SECATEUR_STORE_ENDPOINT=%s
          export SECATEUR_STORE_ACCESS_KEY=%s SECATEUR_STORE_SECRET_KEY=%s
          ./secateur publish --model examples/shapes.keras --train examples/shapes.npz --sparsity 0.8
          ./secateur watch --from-beginning
          ./secateur jobs
        """,
        broker.address(),
        s3.endpoint(),
        LocalStore.ACCESS_KEY,
        LocalStore.SECRET_KEY,
        workers.get(0).address(),
        workers.get(0).address(),
        broker.address(),
        s3.endpoint(),
        LocalStore.ACCESS_KEY,
        LocalStore.SECRET_KEY);
  }

  /** The servers may still be writing: what they have just created is met at the next try. */
  private static void cleanUp(List<WorkerProcess> workers, Path directory) {
    workers.forEach(WorkerProcess::close);
    for (int tries = 0; Files.exists(directory) && tries < CLEANINGS; tries++) {
      try (Stream<Path> all = Files.walk(directory)) {
        for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(path);
        }
      } catch (IOException | UncheckedIOException e) {
        LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
      }
    }
  }
}
