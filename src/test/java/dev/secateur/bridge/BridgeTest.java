package dev.secateur.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.CloudEvent;
import dev.secateur.event.EventSchemas;
import dev.secateur.event.EventType;
import dev.secateur.event.KafkaBinding;
import dev.secateur.store.AllowedBuckets;
import dev.secateur.store.Digests;
import dev.secateur.store.DirectoryStore;
import dev.secateur.store.ObjectUri;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import okhttp3.OkHttpClient;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bridge's work between MLflow, the store and the broker, of which all can break anywhere. */
final class BridgeTest {
  private static final String NAME = "shapes net's";
  private static final Map<String, String> TAGS =
      Map.of(Tags.COMPRESS, "true", Tags.TRAIN, "s3://datasets/shapes.npz");
  private static final byte[] INT8 = "int8".getBytes(StandardCharsets.UTF_8);

  @TempDir Path directory;
  private StubMlflow mlflow;
  private DirectoryStore store;
  private MockProducer<byte[], byte[]> producer;
  private MlflowWork work;

  @BeforeEach
  void open() throws Exception {
    mlflow = new StubMlflow();
    for (String bucket : List.of("models", "datasets", "artifacts")) {
      Files.createDirectories(directory.resolve("s3").resolve(bucket));
    }
    store =
        new DirectoryStore(
            directory.resolve("s3"),
            new AllowedBuckets(Set.of("models", "datasets"), Set.of("artifacts")));
    producer = producer(true);
    work = work();
  }

  private static MockProducer<byte[], byte[]> producer(boolean completes) {
    return new MockProducer<>(
        completes, null, new ByteArraySerializer(), new ByteArraySerializer());
  }

  @AfterEach
  void close() {
    mlflow.close();
    store.close();
  }

  private MlflowWork work() throws Exception {
    MlflowClient client =
        new MlflowClient(
            mlflow.address(), Optional.empty(), new OkHttpClient(), Duration.ofSeconds(5));
    Registry registry = new Registry(client);
    Path scratch = Files.createTempDirectory(directory, "scratch");
    ModelFiles files =
        new ModelFiles(
            client,
            store,
            new AllowedPrefixes("secateur.bridge.models", List.of("s3://models/")),
            Optional.empty(),
            ObjectUri.of("s3://artifacts/state/bridge/models/"),
            scratch,
            1000);
    SetAddresses sets =
        new SetAddresses(
            new AllowedPrefixes("secateur.bridge.datasets", List.of("s3://datasets/")));
    return new MlflowWork(
        "mlflow",
        Duration.ZERO,
        Duration.ofDays(7),
        client,
        registry,
        new VersionEvents(client, registry, files, sets),
        files,
        new WriteBack(client, registry, store, "secateur", scratch),
        new SetAside(store, ObjectUri.of("s3://artifacts/state/bridge/aside/")),
        new EventSender(() -> producer, "model-registered"),
        new SimpleMeterRegistry());
  }

  private ModelVersion registered(String name) throws Exception {
    mlflow.artifacts.put(
        "1/models/" + name + "/data/model.keras", "a model".getBytes(StandardCharsets.UTF_8));
    return mlflow.register(name, "mlflow-artifacts:/1/models/" + name, TAGS);
  }

  private static String header(ProducerRecord<byte[], byte[]> record, String name) {
    return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
  }

  private ObjectNode data(int event) throws Exception {
    return (ObjectNode) new ObjectMapper().readTree(producer.history().get(event).value());
  }

  /** The example of the schema, as an answer to what was sent for a version. */
  private ConsumerRecord<byte[], byte[]> answer(ModelVersion version, String outcome)
      throws Exception {
    ObjectNode data =
        (ObjectNode)
            new ObjectMapper()
                .readTree(EventSchemas.text(EventType.COMPLETED))
                .path("examples")
                .path(0);
    data.put("outcome", outcome);
    for (String file : List.of("int8.tflite", "fp32.tflite", "report.html", "report.json")) {
      byte[] bytes = file.startsWith("int8") ? INT8 : file.getBytes(StandardCharsets.UTF_8);
      ObjectUri uri = ObjectUri.of("s3://artifacts/out/" + file);
      store.write(uri, bytes);
      data.withObject("/artifacts/" + file)
          .put("uri", uri.toString())
          .put("sha256", Digests.sha256(bytes));
    }
    return record(
        version,
        new CloudEvent(
            "result",
            "/w",
            EventType.COMPLETED,
            Optional.empty(),
            Optional.of(Instant.EPOCH),
            Optional.empty(),
            data));
  }

  private ConsumerRecord<byte[], byte[]> record(ModelVersion version, CloudEvent event)
      throws Exception {
    KafkaBinding.Encoded encoded = KafkaBinding.binary(event);
    ConsumerRecord<byte[], byte[]> record =
        new ConsumerRecord<>("model-compressed", 0, 0, new byte[0], encoded.value());
    encoded.headers().forEach(record.headers()::add);
    String id = mlflow.tags(version).get(Tags.EVENT);
    record.headers().add(KafkaBinding.ANSWERS, id.getBytes(StandardCharsets.UTF_8));
    return record;
  }

  @Test
  void aTaggedVersionIsSentOnceAndAgainWhenItsTagsChange() throws Exception {
    ModelVersion version = registered(NAME);
    work.between();
    work.between();
    work().between();
    assertThat(producer.history()).hasSize(1);
    assertThat(header(producer.history().get(0), "ce_id"))
        .isEqualTo(mlflow.tags(version).get(Tags.EVENT))
        .startsWith("mlflow:mlflow/" + NAME + "/1/");
    assertThat(mlflow.tags(version)).containsEntry(Tags.STATUS, "submitted");
    ObjectNode data = data(0);
    assertThat(EventSchemas.violations(EventType.REGISTERED, data)).isEmpty();
    assertThat(store.stat(ObjectUri.of(data.at("/model/uri").asText()))).isPresent();
    assertThat(data.at("/datasets/train/uri").asText()).isEqualTo("s3://datasets/shapes.npz");

    mlflow.tag(version, Tags.PREPROCESSING, "1/255");
    work.between();
    work.between();
    assertThat(producer.history()).hasSize(2);
    assertThat(data(1).at("/preprocessing/scale").asDouble()).isEqualTo(1.0 / 255);
    assertThat(mlflow.filters).noneMatch(filter -> filter.contains("shapes"));
  }

  @Test
  void whatTheModelSaysHoldsForItsVersionsUnlessTheySayOtherwise() throws Exception {
    mlflow.artifacts.put("a/model.h5", INT8);
    ModelVersion version =
        mlflow.register("plain", "mlflow-artifacts:/a", Map.of(Tags.COMPRESS, "true"));
    work.between();
    assertThat(mlflow.tags(version)).containsEntry(Tags.STATUS, "refused");
    assertThat(mlflow.tags(version).get(Tags.REASON)).contains("no samples", Tags.TRAIN);
    mlflow
        .models
        .get("plain")
        .set(
            "tags",
            Registry.pairs(Map.of(Tags.TRAIN, "s3://datasets/all.npz", Tags.PREPROCESSING, "0.5")));
    work.between();
    assertThat(data(0).at("/datasets/train/uri").asText()).isEqualTo("s3://datasets/all.npz");
    assertThat(mlflow.tags(version))
        .containsEntry(Tags.STATUS, "submitted")
        .doesNotContainKey(Tags.REASON);
    mlflow.tag(version, Tags.TRAIN, "s3://datasets/own.npz");
    work.between();
    assertThat(data(1).at("/datasets/train/uri").asText()).isEqualTo("s3://datasets/own.npz");
    assertThat(data(1).at("/preprocessing/scale").asDouble()).isEqualTo(0.5);
  }

  @Test
  void whatCannotBeOrderedIsRefusedWithTheReasonAndStopsNoOther() throws Exception {
    Map<String, String> wrong = new HashMap<>();
    wrong.put(Tags.COMPRESS, "{\"pruning\": {\"finalSparsity\": 7}}");
    wrong.put(Tags.TRAIN, "s3://secrets/x.npz");
    wrong.put(Tags.EVALUATION, "s3://datasets/a/%2e%2e/b");
    wrong.put(Tags.PREPROCESSING, "some");
    Map<String, ModelVersion> versions = new HashMap<>();
    for (Map.Entry<String, String> one : wrong.entrySet()) {
      Map<String, String> tags = new HashMap<>(TAGS);
      tags.put(one.getKey(), one.getValue());
      mlflow.artifacts.put("w/model.h5", INT8);
      versions.put(one.getKey(), mlflow.register("wrong", "mlflow-artifacts:/w", tags));
    }
    versions.put("several", mlflow.register("wrong", "s3://models/none", TAGS));
    versions.put("outside", mlflow.register("wrong", "s3://artifacts/x", TAGS));
    versions.put("elsewhere", mlflow.register("wrong", "file:///etc/passwd", TAGS));
    versions.put("upwards", mlflow.register("wrong", "mlflow-artifacts:/a/%252e%252e/b", TAGS));
    ModelVersion good = registered("good");
    work.between();
    for (Map.Entry<String, ModelVersion> version : versions.entrySet()) {
      assertThat(mlflow.tags(version.getValue()))
          .as(version.getKey())
          .containsEntry(Tags.STATUS, "refused");
    }
    assertThat(mlflow.tags(versions.get(Tags.COMPRESS)).get(Tags.REASON)).contains("finalSparsity");
    assertThat(mlflow.tags(versions.get(Tags.TRAIN)).get(Tags.REASON))
        .contains("s3://secrets/x.npz", "secateur.bridge.datasets");
    assertThat(mlflow.tags(good)).containsEntry(Tags.STATUS, "submitted");
    assertThat(producer.history()).hasSize(1);
    // Whoever is refused is not written to at each poll.
    int before = mlflow.requests.size();
    work.between();
    assertThat(mlflow.requests.subList(before, mlflow.requests.size()))
        .noneMatch(request -> request.contains("tag"));
  }

  @Test
  void anEventThatWasNotSentIsSentAgainWithTheSameId() throws Exception {
    ModelVersion version = registered(NAME);
    producer.sendException = new KafkaException("the broker is away");
    assertThatThrownBy(work::between).isInstanceOf(KafkaException.class);
    assertThat(mlflow.tags(version)).containsEntry(Tags.STATUS, "submitting");
    String id = mlflow.tags(version).get(Tags.EVENT);
    producer = producer(true);
    work().between();
    assertThat(header(producer.history().get(0), "ce_id")).isEqualTo(id);
    assertThat(mlflow.tags(version)).containsEntry(Tags.STATUS, "submitted");
  }

  /** Before and after each request of a whole write-back in turn. */
  @Test
  void anAnswerIsWrittenOnceWhereverItBreaksOff() throws Exception {
    int requests = writtenWith(Optional.empty());
    assertThat(requests).isGreaterThan(15);
    for (StubMlflow.Break how : StubMlflow.Break.values()) {
      for (int n = 0; n < requests; n++) {
        int at = n;
        writtenWith(Optional.of(() -> mlflow.breakAfter(at, how)));
      }
    }
  }

  private int writtenWith(Optional<Runnable> trouble) throws Exception {
    close();
    open();
    ModelVersion version = registered(NAME);
    work.between();
    ConsumerRecord<byte[], byte[]> answer = answer(version, "accepted");
    int before = mlflow.requests.size();
    trouble.ifPresent(Runnable::run);
    work.take(answer);
    if (trouble.isPresent()) {
      assertThat(mlflow.hasBroken()).isTrue();
      // What broke off was set aside, since MLflow answers; another process finds it.
      work().between();
    }
    assertThat(mlflow.tags(version))
        .containsEntry(Tags.STATUS, "done")
        .containsEntry(Tags.OUTCOME, "accepted")
        .containsEntry(Tags.INT8, "models:/" + NAME + "-int8/1");
    assertThat(mlflow.versionsOf(NAME + "-int8")).hasSize(1);
    assertThat(mlflow.models.get(NAME + "-int8").at("/aliases/0/version").asText()).isEqualTo("1");
    assertThat(mlflow.runs).hasSize(2);
    assertThat(mlflow.runs.get(1).at("/info/status").asText()).isEqualTo("FINISHED");
    assertThat(mlflow.runs.get(1).at("/data/metrics").has("int8.top1")).isTrue();
    assertThat(mlflow.runs.get(1).at("/data/params").has("pruning.finalSparsity")).isTrue();
    assertThat(mlflow.logged).hasSize(1);
    assertThat(mlflow.artifacts.get("1/models/m-0/artifacts/int8.tflite")).isEqualTo(INT8);
    assertThat(mlflow.artifacts).containsKey("1/run1/artifacts/report.html");
    assertThat(store.list(ObjectUri.of("s3://artifacts/state/"))).isEmpty();
    int requests = mlflow.requests.size() - before;
    // Acknowledged too late, it comes again.
    work.take(answer);
    assertThat(mlflow.versionsOf(NAME + "-int8")).hasSize(1);
    assertThat(mlflow.runs).hasSize(2);
    return requests;
  }

  @Test
  void theAliasFollowsTheLatestAcceptedVersionAlone() throws Exception {
    for (String outcome : List.of("accepted", "rejected", "accepted")) {
      ModelVersion version = registered(NAME);
      work.between();
      work.take(answer(version, outcome));
      assertThat(mlflow.tags(version)).containsEntry(Tags.OUTCOME, outcome);
      assertThat(mlflow.models.get(NAME + "-int8").at("/aliases/0/version").asText())
          .isEqualTo(version.version().equals("2") ? "1" : version.version());
    }
    assertThat(mlflow.versionsOf(NAME + "-int8")).hasSize(3);
  }

  @Test
  void aFailureIsToldToItsOwner() throws Exception {
    ModelVersion version = registered(NAME);
    work.between();
    ObjectNode data =
        (ObjectNode)
            new ObjectMapper()
                .readTree(EventSchemas.text(EventType.FAILED))
                .path("examples")
                .path(0);
    work.take(
        record(
            version,
            new CloudEvent(
                "r",
                "/w",
                EventType.FAILED,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                data)));
    assertThat(mlflow.tags(version))
        .containsEntry(Tags.STATUS, "failed")
        .containsEntry(Tags.OUTCOME, "failed")
        .containsEntry(Tags.REASON, "object-not-found: s3://models/missing.keras: does not exist");
    assertThat(mlflow.versions).hasSize(1);
  }

  @Test
  void anAnswerThatCannotBeWrittenBlocksNoOtherAndIsTriedAgain() throws Exception {
    ModelVersion bad = registered("bad");
    ModelVersion good = registered("good");
    work.between();
    mlflow.refused =
        request -> request.contains("/registered-models/create") && request.contains("bad-int8");
    work.take(answer(bad, "accepted"));
    work.take(answer(good, "accepted"));
    assertThat(mlflow.tags(good)).containsEntry(Tags.STATUS, "done");
    assertThat(mlflow.tags(bad)).containsEntry(Tags.STATUS, "submitted");
    work.between();
    assertThat(store.list(ObjectUri.of("s3://artifacts/state/bridge/aside/"))).hasSize(1);
    mlflow.refused = request -> false;
    work().between();
    assertThat(mlflow.tags(bad)).containsEntry(Tags.STATUS, "done");
    assertThat(store.list(ObjectUri.of("s3://artifacts/state/"))).isEmpty();
  }

  @Test
  void whileMlflowIsAwayAnAnswerIsNotTaken() throws Exception {
    ModelVersion version = registered(NAME);
    work.between();
    mlflow.away = true;
    ConsumerRecord<byte[], byte[]> answer = answer(version, "accepted");
    assertThatThrownBy(() -> work.take(answer)).isInstanceOf(MlflowException.class);
    assertThat(store.list(ObjectUri.of("s3://artifacts/state/bridge/aside/"))).isEmpty();
    mlflow.away = false;
    work.take(answer);
    assertThat(mlflow.tags(version)).containsEntry(Tags.STATUS, "done");
  }

  @Test
  void anAnswerToWhatIsNoLongerAskedChangesNothing() throws Exception {
    ModelVersion version = registered(NAME);
    work.between();
    ConsumerRecord<byte[], byte[]> answer = answer(version, "accepted");
    mlflow.tag(version, Tags.COMPRESS, "{\"pruning\": {\"finalSparsity\": 0.7}}");
    work.between();
    Map<String, String> before = mlflow.tags(version);
    work.take(answer);
    assertThat(mlflow.tags(version)).isEqualTo(before).containsEntry(Tags.STATUS, "submitted");
    assertThat(mlflow.versions).hasSize(1);
  }
}
