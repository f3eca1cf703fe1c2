package dev.secateur.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.demo.LocalStore;
import dev.secateur.demo.WorkerProcess;
import dev.secateur.event.CloudEvent;
import dev.secateur.event.EventType;
import dev.secateur.event.KafkaBinding;
import dev.secateur.event.MalformedEventException;
import dev.secateur.ledger.Ledger;
import dev.secateur.ledger.ObjectLedgerStore;
import dev.secateur.ledger.Terms;
import dev.secateur.result.Engine;
import dev.secateur.store.AllowedBuckets;
import dev.secateur.store.CredentialSources;
import dev.secateur.store.Digests;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.S3ObjectStore;
import dev.secateur.store.S3Settings;
import dev.secateur.store.StoreListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;

/** What stands around the workers in a test: topics of its own, state and output of its own. */
public final class Platform implements AutoCloseable {
  /**
   * The lock of the tests that run one after the other, but beside all the others: those that wait
   * for leases and pauses more than they compute.
   */
  static final String SECOND_LANE = "second lane";

  static final Path MODEL = Path.of("examples/shapes.h5");
  static final Path DATA = Path.of("examples/shapes.npz");

  /** What is waited for comes, or something is broken: no bound on how fast. */
  static final Duration LONG = Duration.ofMinutes(10);

  private static final int LARGEST_RECORD = 100 << 20;

  /** A test that is run again must not find what its first run left. */
  private static final Map<String, Integer> USES = new ConcurrentHashMap<>();

  final String name;
  final String kafka;
  final String s3;
  final Path directory;
  final ObjectStore store;
  final ObjectUri state;
  private final Admin admin;
  private final KafkaProducer<byte[], byte[]> producer;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
  private final Map<ConsumerRecord<byte[], byte[]>, CloudEvent> read = new IdentityHashMap<>();
  private final List<WorkerProcess> workers = new ArrayList<>();
  private final Set<ObjectUri> uploaded = new HashSet<>();

  Platform(String name, int partitions) throws Exception {
    this(
        name,
        partitions,
        LocalServers.get().kafka,
        LocalServers.get().s3,
        LocalServers.get().directory);
  }

  Platform(String name, int partitions, String kafka, String s3, Path directory) throws Exception {
    this(name, partitions, kafka, s3, directory, store(s3));
  }

  /** With the test's own way to the store. */
  Platform(
      String wanted, int partitions, String kafka, String s3, Path directory, ObjectStore store)
      throws Exception {
    this.name = unused(wanted);
    this.kafka = kafka;
    this.s3 = s3;
    this.directory = directory.resolve(this.name);
    java.nio.file.Files.createDirectories(this.directory);
    this.store = store;
    this.state = ObjectUri.of("s3://artifacts/state-" + this.name + "/");
    // One for all: making a client costs the two cores that the workers share with the tests.
    admin = Admin.create(Map.of("bootstrap.servers", kafka));
    admin
        .createTopics(
            List.of(
                new NewTopic(registered(), partitions, (short) 1),
                new NewTopic(progressTopic(), 1, (short) 1),
                new NewTopic(compressedTopic(), 1, (short) 1),
                new NewTopic(doorbell(), 1, (short) 1),
                new NewTopic(deadLetters(), 1, (short) 1)
                    .configs(Map.of("max.message.bytes", String.valueOf(LARGEST_RECORD)))))
        .all()
        .get();
    producer =
        new KafkaProducer<>(
            Map.of(
                "bootstrap.servers", kafka,
                "max.request.size", LARGEST_RECORD,
                "buffer.memory", (long) LARGEST_RECORD),
            new ByteArraySerializer(),
            new ByteArraySerializer());
    consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", kafka),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    List<TopicPartition> answers =
        List.of(
            new TopicPartition(progressTopic(), 0),
            new TopicPartition(compressedTopic(), 0),
            new TopicPartition(deadLetters(), 0));
    consumer.assign(answers);
    consumer.seekToBeginning(answers);
  }

  private static String unused(String wanted) {
    int uses = USES.merge(wanted, 1, Integer::sum);
    return uses == 1 ? wanted : wanted + "-" + uses;
  }

  public static ObjectStore store(String endpoint) {
    return store(endpoint, LocalStore.ACCESS_KEY, LocalStore.SECRET_KEY);
  }

  public static ObjectStore store(String endpoint, String accessKey, String secretKey) {
    return store(endpoint, accessKey, secretKey, Optional.empty());
  }

  public static ObjectStore store(
      String endpoint, String accessKey, String secretKey, Optional<Path> authorities) {
    Set<String> buckets = Set.of(LocalServers.BUCKETS);
    return new S3ObjectStore(
        new S3Settings(
            URI.create(endpoint),
            "us-east-1",
            true,
            Optional.of(CredentialSources.keys(accessKey, secretKey)),
            authorities,
            Duration.ofSeconds(5),
            Duration.ofSeconds(20),
            3),
        new AllowedBuckets(buckets, buckets),
        StoreListener.NONE);
  }

  String registered() {
    return name + "-registered";
  }

  private String progressTopic() {
    return name + "-progress";
  }

  private String compressedTopic() {
    return name + "-compressed";
  }

  String deadLetters() {
    return name + "-dlq";
  }

  String doorbell() {
    return name + "-doorbell";
  }

  /** Orders that the broker knows to be pending, as it tells them with no worker alive. */
  long rings() {
    return lag(doorbell(), name + "-doorbell");
  }

  /** Of the input topic, as KEDA counts it: offsets, whether or not they have a record. */
  long lag() {
    return lag(registered(), name);
  }

  private long lag(String topic, String group) {
    try {
      var passed = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
      long lag = 0;
      var ends = new HashMap<TopicPartition, OffsetSpec>();
      int partitions =
          admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size();
      for (int p = 0; p < partitions; p++) {
        ends.put(new TopicPartition(topic, p), OffsetSpec.latest());
      }
      for (var end : admin.listOffsets(ends).all().get().entrySet()) {
        var offset = passed.get(end.getKey());
        lag += end.getValue().offset() - (offset == null ? 0 : offset.offset());
      }
      return lag;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Quick to notice a dead worker; one thread each, so that several share the machine. */
  WorkerProcess worker(String worker, Map<String, String> more) throws IOException {
    return worker(worker, more, WorkerProcess.SECRETS);
  }

  WorkerProcess worker(String worker, Map<String, String> more, Map<String, String> secrets)
      throws IOException {
    return worker(WorkerProcess.application(), worker, more, secrets);
  }

  /** A worker of another build. */
  WorkerProcess worker(
      Path application, String worker, Map<String, String> more, Map<String, String> secrets)
      throws IOException {
    Map<String, String> settings = new HashMap<>();
    settings.put("secateur.topics.registered", registered());
    settings.put("secateur.topics.progress", progressTopic());
    settings.put("secateur.topics.compressed", compressedTopic());
    settings.put("secateur.topics.dead-letters", deadLetters());
    settings.put("secateur.topics.doorbell", doorbell());
    settings.put("mp.messaging.incoming.registered.group.id", name);
    settings.put("mp.messaging.incoming.registered.session.timeout.ms", "6000");
    settings.put("mp.messaging.incoming.registered.heartbeat.interval.ms", "1000");
    settings.put("secateur.state.uri", state.toString());
    settings.put("secateur.jobs.output", "s3://artifacts/out-" + name + "/");
    settings.put("secateur.kafka.create-topics", "false");
    settings.put("secateur.page.port", "0");
    settings.put("secateur.claim.heartbeat", "500ms");
    settings.put("secateur.claim.expiry", "5s");
    settings.put("secateur.jobs.retry-delay", "200ms");
    settings.put("secateur.jobs.retry-max-delay", "2s");
    settings.put("secateur.jobs.checkpoint-interval", "200ms");
    settings.put("secateur.jobs.threads", "1");
    settings.put("secateur.jobs.max-attempts", "30");
    settings.put("secateur.store.connect-timeout", "2s");
    settings.put("secateur.store.read-timeout", "5s");
    settings.put("quarkus.log.console.json.enabled", "false");
    settings.putAll(more);
    WorkerProcess process =
        WorkerProcess.start(application, worker, directory, kafka, s3, settings, secrets);
    workers.add(process);
    return process;
  }

  WorkerProcess worker(String worker) throws IOException {
    return worker(worker, Map.of());
  }

  /** Uploads a file and describes it as an event does. */
  ObjectNode source(Path file, String bucket) throws IOException {
    String sha256 = Digests.sha256(file);
    ObjectUri uri =
        new ObjectUri(bucket, name + "/" + sha256.substring(0, 12) + "/" + file.getFileName());
    if (uploaded.add(uri)) {
      store.upload(file, uri);
    }
    return JsonNodeFactory.instance.objectNode().put("uri", uri.toString()).put("sha256", sha256);
  }

  /** A job on the project's own example. */
  ObjectNode job(String model, String version, int epochs) throws IOException {
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.set("model", source(MODEL, "models").put("name", model).put("version", version));
    data.putObject("datasets").set("train", source(DATA, "datasets"));
    data.putObject("plan").putObject("fineTuning").put("epochs", epochs).put("seed", 7);
    data.putObject("acceptance").put("maxAccuracyDrop", 1);
    return data;
  }

  CloudEvent event(String id, ObjectNode data) {
    return event(id, EventType.REGISTERED, data);
  }

  CloudEvent event(String id, EventType type, ObjectNode data) {
    return new CloudEvent(
        id,
        "/test",
        type,
        Optional.empty(),
        Optional.of(Instant.now()),
        Optional.of("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        data);
  }

  /** A registered event in binary mode, to be sent. */
  ProducerRecord<byte[], byte[]> sound(String model) throws Exception {
    KafkaBinding.Encoded encoded = KafkaBinding.binary(event(model, job(model, "1", 1)));
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(registered(), model.getBytes(StandardCharsets.UTF_8), encoded.value());
    encoded.headers().forEach(record.headers()::add);
    return record;
  }

  /** Sends it in a transaction that its producer takes back. */
  void sendAborted(ProducerRecord<byte[], byte[]> record) throws Exception {
    sendInTransaction(record, KafkaProducer::abortTransaction);
  }

  void sendCommitted(ProducerRecord<byte[], byte[]> record) throws Exception {
    sendInTransaction(record, KafkaProducer::commitTransaction);
  }

  private void sendInTransaction(
      ProducerRecord<byte[], byte[]> record, Consumer<KafkaProducer<byte[], byte[]>> end)
      throws Exception {
    Map<String, Object> settings = Map.of("bootstrap.servers", kafka, "transactional.id", name);
    try (KafkaProducer<byte[], byte[]> transactional =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      transactional.initTransactions();
      transactional.beginTransaction();
      transactional.send(record).get();
      end.accept(transactional);
    }
  }

  /** Publishes in binary mode; returns the event's id. */
  String publish(ObjectNode data) {
    return publish(EventType.REGISTERED, data);
  }

  String publish(EventType type, ObjectNode data) {
    CloudEvent event = event("event-" + java.util.UUID.randomUUID(), type, data);
    publish(event.id(), KafkaBinding.binary(event));
    return event.id();
  }

  void publish(String key, KafkaBinding.Encoded encoded) {
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(registered(), key.getBytes(StandardCharsets.UTF_8), encoded.value());
    encoded.headers().forEach(record.headers()::add);
    send(record);
  }

  void send(ProducerRecord<byte[], byte[]> record) {
    try {
      producer.send(record).get();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** All that workers have sent so far. */
  List<ConsumerRecord<byte[], byte[]>> records() {
    consumer.poll(Duration.ofMillis(100)).forEach(records::add);
    return List.copyOf(records);
  }

  /** All records of a topic so far. */
  List<ConsumerRecord<byte[], byte[]>> records(String topic) {
    return records().stream().filter(r -> r.topic().equals(topic)).toList();
  }

  List<CloudEvent> events(String topic) {
    return records(topic).stream().map(r -> read.computeIfAbsent(r, Platform::read)).toList();
  }

  List<CloudEvent> results() {
    return events(compressedTopic());
  }

  List<CloudEvent> progress() {
    return events(progressTopic());
  }

  /** The results, each id once: a result may be sent again, but never differently. */
  Map<String, JsonNode> distinctResults() {
    Map<String, JsonNode> byId = new HashMap<>();
    for (CloudEvent event : results()) {
      JsonNode before = byId.put(event.id(), event.data());
      if (before != null && !before.equals(event.data())) {
        throw new AssertionError(
            event.id() + " was sent with two contents:\n" + before + "\n" + event.data());
      }
    }
    return byId;
  }

  void await(String what, BooleanSupplier condition) {
    await(what, LONG, condition);
  }

  /** A worker that does not answer in time, as one that was stopped, is asked again. */
  void await(String what, Duration most, BooleanSupplier condition) {
    try {
      Awaitility.await(what)
          .atMost(most)
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(50))
          .ignoreExceptionsInstanceOf(UncheckedIOException.class)
          .until(condition::getAsBoolean);
    } catch (org.awaitility.core.ConditionTimeoutException e) {
      StringBuilder logs = new StringBuilder(e.getMessage());
      for (WorkerProcess worker : workers) {
        String log = worker.process().output();
        logs.append("\n--- ").append(worker.process().log()).append(" alive ");
        logs.append(worker.process().isAlive()).append('\n');
        logs.append(log.substring(Math.max(0, log.length() - 6000)));
      }
      throw new AssertionError(logs.toString(), e);
    }
  }

  /** Waits until each of so many jobs has a result. */
  Map<String, JsonNode> awaitResults(int jobs) {
    await(jobs + " results", () -> distinctResults().size() >= jobs);
    return distinctResults();
  }

  private static CloudEvent read(ConsumerRecord<byte[], byte[]> record) {
    Map<String, byte[]> headers = new HashMap<>();
    for (Header header : record.headers()) {
      headers.put(header.key(), header.value());
    }
    try {
      return KafkaBinding.read(headers, Optional.ofNullable(record.value()), 4 << 20, "");
    } catch (MalformedEventException e) {
      throw new AssertionError("a worker sent a malformed event", e);
    }
  }

  static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
  }

  /** Members of the workers' group; none while it is dealing out partitions. */
  int membersAtRest() {
    try {
      var group = admin.describeConsumerGroups(List.of(name)).all().get().get(name);
      return group.groupState() == GroupState.STABLE ? group.members().size() : 0;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** The workers' ledger, as one more of them sees it. */
  Ledger ledger() {
    return new Ledger(
        new ObjectLedgerStore(store, state),
        InstantSource.system(),
        new Terms("test", Engine.VERSION, Duration.ofMinutes(1), Duration.ofMinutes(30)));
  }

  /** Offsets of the workers' group: how far it has acknowledged, over all partitions. */
  long acknowledged() {
    try {
      return admin
          .listConsumerGroupOffsets(name)
          .partitionsToOffsetAndMetadata()
          .get()
          .values()
          .stream()
          .mapToLong(o -> o == null ? 0 : o.offset())
          .sum();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Whether no order waits or runs: each is answered, and its traces are gone. */
  boolean isSettled() {
    return store.list(state.resolve("pending/")).isEmpty()
        && store.list(state.resolve("claims/")).isEmpty();
  }

  @Override
  public void close() {
    workers.forEach(WorkerProcess::close);
    producer.close(Duration.ZERO);
    consumer.close();
    admin.close(Duration.ZERO);
    store.close();
  }
}
