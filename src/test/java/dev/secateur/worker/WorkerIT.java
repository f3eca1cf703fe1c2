package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.demo.LocalStore;
import dev.secateur.demo.WorkerProcess;
import dev.secateur.event.CloudEvent;
import dev.secateur.event.EventSchemas;
import dev.secateur.event.EventType;
import dev.secateur.event.KafkaBinding;
import dev.secateur.job.Stage;
import dev.secateur.store.Digests;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoredObject;
import dev.secateur.worker.run.Hooks;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** The packaged worker against a real broker and a real S3 server, nothing going wrong. */
final class WorkerIT {
  private static final int LARGEST = 4 << 20;

  /** Nobody dies here: a slow machine is not to be taken for a dead worker. */
  private static final Map<String, String> PATIENT =
      Map.of(
          "secateur.claim.expiry", "60s",
          "mp.messaging.incoming.registered.session.timeout.ms", "45000");

  @Test
  void aRegisteredModelBecomesArtifactsAndOneResult() throws Exception {
    try (Platform platform = new Platform("happy", 4)) {
      WorkerProcess worker = platform.worker("happy-1").awaitReady();
      String id = platform.publish(platform.job("shapes", "1", 2));
      JsonNode result = platform.awaitResults(1).values().iterator().next();

      assertThat(result.path("outcome").asText()).isEqualTo("accepted");
      assertThat(result.at("/job/registeredId").asText()).isEqualTo(id);
      assertThat(result.at("/plan/fineTuning/epochs").asInt()).isEqualTo(2);
      assertThat(result.path("variants"))
          .extracting(variant -> variant.get("name").asText())
          .containsExactly("original", "pruned", "fp32", "int8");
      everyArtifactIsThereAndIsWhatTheEventSays(platform, result);
      everyEventFitsItsSchema(platform);
      everyRecordHasTheHeadersThatAreDocumented(platform);
      CloudEvent event = platform.results().get(0);
      assertThat(event.traceparent()).isPresent();
      assertThat(platform.progress()).hasSizeGreaterThan(8);
      platform.await("acknowledged", () -> platform.acknowledged() == 1);

      sameJobAgainGivesTheSameEventAndNoSecondRun(platform, worker, event);
      structuredAndPlainEventsAreAnsweredToo(platform);
      everyDocumentedMeterIsServed(worker);
      labelsAreThoseOfThePageAndTellNoModelAndNoJob(
          worker, List.of("shapes", result.at("/job/key").asText().substring(0, 12), id));
      noSecretIsToldAnywhere(platform, worker);
      assertThat(worker.status("/q/health/live")).isEqualTo(200);
      assertThat(worker.status("/q/health/started")).isEqualTo(200);
    }
  }

  private static void everyArtifactIsThereAndIsWhatTheEventSays(
      Platform platform, JsonNode result) {
    List<String> names = new ArrayList<>();
    result
        .path("artifacts")
        .properties()
        .forEach(
            artifact -> {
              names.add(artifact.getKey());
              ObjectUri uri = ObjectUri.of(artifact.getValue().path("uri").asText());
              byte[] bytes = platform.store.read(uri, LARGEST).orElseThrow();
              assertThat(Digests.sha256(bytes))
                  .isEqualTo(artifact.getValue().path("sha256").asText());
            });
    assertThat(names)
        .contains(
            "pruned.h5",
            "fp32.tflite",
            "int8.tflite",
            "report.json",
            "report.html",
            "manifest.json");
    String key = result.at("/job/key").asText();
    assertThat(result.at("/report/html").asText())
        .isEqualTo(
            "s3://artifacts/out-%s/shapes/1/%s/report.html"
                .formatted(platform.name, key.substring(0, 12)));
  }

  private static void everyRecordHasTheHeadersThatAreDocumented(Platform platform) {
    assertThat(platform.records()).isNotEmpty();
    for (ConsumerRecord<byte[], byte[]> record : platform.records()) {
      boolean letter = record.topic().equals(platform.deadLetters());
      Set<String> names = new HashSet<>();
      record.headers().forEach(header -> names.add(header.key()));
      assertThat(names)
          .containsAll(
              AsyncApi.requiredHeaders(
                  letter ? "dead letter" : Platform.header(record, "ce_type")));
      if (!letter) {
        assertThat(Platform.header(record, "content-type")).startsWith("application/json");
      }
    }
  }

  private static void everyEventFitsItsSchema(Platform platform) {
    List<CloudEvent> events = new ArrayList<>(platform.progress());
    events.addAll(platform.results());
    for (CloudEvent event : events) {
      assertThat(EventSchemas.violations(event.type(), event.data())).as(event.id()).isEmpty();
    }
  }

  private static void sameJobAgainGivesTheSameEventAndNoSecondRun(
      Platform platform, WorkerProcess worker, CloudEvent first) throws Exception {
    platform.publish(platform.job("shapes", "1", 2));
    platform.await("a second answer", () -> platform.results().size() == 2);
    assertThat(platform.results().get(1)).isEqualTo(first);
    assertThat(worker.metric("secateur_duplicates_total")).isEqualTo(1);
    assertThat(worker.metric("secateur_claims_total", "taken\"")).isEqualTo(1);
  }

  private static void structuredAndPlainEventsAreAnsweredToo(Platform platform) throws Exception {
    ObjectNode structured = platform.job("structured", "1", 1);
    platform.publish("structured", KafkaBinding.structured(platform.event("s-1", structured)));
    platform.send(
        new ProducerRecord<>(
            platform.registered(),
            platform.job("plain", "1", 1).toString().getBytes(StandardCharsets.UTF_8)));
    Set<String> models = new HashSet<>();
    platform.awaitResults(3).values().forEach(r -> models.add(r.at("/model/name").asText()));
    assertThat(models).contains("structured", "plain");
  }

  private static void everyDocumentedMeterIsServed(WorkerProcess worker) throws Exception {
    String served = worker.body("/q/metrics");
    Matcher names =
        Pattern.compile("`(secateur_(?!bridge)\\w+)`")
            .matcher(Files.readString(java.nio.file.Path.of("docs/metrics.md")));
    int count = 0;
    while (names.find()) {
      assertThat(served).contains("\n" + names.group(1));
      count++;
    }
    assertThat(count).isGreaterThan(25);
  }

  private static void labelsAreThoseOfThePageAndTellNoModelAndNoJob(
      WorkerProcess worker, List<String> secrets) throws Exception {
    Map<String, Set<String>> documented = new TreeMap<>();
    for (String row : Files.readAllLines(Path.of("docs/metrics.md"))) {
      String[] cells = row.split("\\|");
      if (row.startsWith("| `secateur.")) {
        documented.put(
            inTicks(cells[1]).iterator().next().replace('.', '_'),
            new TreeSet<>(inTicks(cells[4])));
      }
    }
    int samples = 0;
    for (String line : worker.body("/q/metrics").lines().toList()) {
      Matcher sample = Pattern.compile("(secateur_\\w+)(?:\\{(.*)})? .*").matcher(line);
      if (sample.matches()) {
        String labels = Optional.ofNullable(sample.group(2)).orElse("");
        Set<String> names = new TreeSet<>();
        Matcher label = Pattern.compile("(\\w+)=\"[^\"]*\"").matcher(labels);
        while (label.find()) {
          names.add(label.group(1));
        }
        names.remove("le");
        // The longest: one meter's name may begin another's.
        String meter =
            documented.keySet().stream()
                .filter(name -> (sample.group(1) + "_").startsWith(name + "_"))
                .max(Comparator.comparing(String::length))
                .orElseThrow();
        assertThat(names).as(line).isEqualTo(documented.get(meter));
        assertThat(labels).doesNotContain(secrets);
        samples++;
      }
    }
    assertThat(samples).isGreaterThan(100);
  }

  private static List<String> inTicks(String cell) {
    return Pattern.compile("`([^`]+)`").matcher(cell).results().map(m -> m.group(1)).toList();
  }

  private static void noSecretIsToldAnywhere(Platform platform, WorkerProcess worker) {
    String secret = LocalStore.SECRET_KEY;
    assertThat(worker.process().output()).doesNotContain(secret);
    assertThat(worker.body("/q/metrics")).doesNotContain(secret);
    assertThat(worker.body("/q/info")).doesNotContain(secret);
    for (ConsumerRecord<byte[], byte[]> record : platform.records()) {
      assertThat(latin(record.value())).doesNotContain(secret);
      record.headers().forEach(h -> assertThat(latin(h.value())).doesNotContain(secret));
    }
    ObjectUri output = ObjectUri.of("s3://artifacts/out-" + platform.name + "/");
    List<StoredObject> objects = new ArrayList<>(platform.store.list(output));
    objects.addAll(platform.store.list(platform.state));
    assertThat(objects).isNotEmpty();
    for (StoredObject object : objects) {
      byte[] bytes = platform.store.read(object.uri(), LARGEST).orElseThrow();
      assertThat(latin(bytes)).doesNotContain(secret);
    }
  }

  private static String latin(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  @Test
  void threeWorkersAnswerEachOfThirtyJobsOnce() throws Exception {
    try (Platform platform = new Platform("thirty", 6)) {
      List<WorkerProcess> workers = new ArrayList<>();
      for (int w = 1; w <= 3; w++) {
        workers.add(platform.worker("thirty-" + w, PATIENT));
      }
      workers.forEach(WorkerProcess::awaitReady);
      for (int j = 0; j < 30; j++) {
        platform.publish(platform.job("shapes", "v" + j, 1));
      }
      platform.awaitResults(30);
      platform.await("all acknowledged", () -> platform.acknowledged() == 30);
      assertThat(platform.distinctResults()).hasSize(30);
      assertThat(platform.store.list(platform.state.resolve("results/"))).hasSize(30);
      assertThat(platform.records(platform.deadLetters())).isEmpty();
      // A redelivery is answered by the same event again, and counted.
      double again = workers.stream().mapToDouble(w -> w.metric("secateur_duplicates_total")).sum();
      assertThat(platform.results()).hasSize(30 + (int) again);
    }
  }

  @Test
  void soundRecordsWhoseJobsCannotRunEndInFailedWithAReason() throws Exception {
    try (Platform platform = new Platform("reasons", 2)) {
      WorkerProcess worker =
          platform.worker("reasons-1", Map.of("secateur.memory.limit", "1700M")).awaitReady();
      ObjectNode missing = platform.job("missing", "1", 1);
      ((ObjectNode) missing.get("model")).put("uri", "s3://models/none.h5").remove("sha256");
      ObjectNode digest = platform.job("digest", "1", 1);
      ((ObjectNode) digest.get("model")).put("sha256", "0".repeat(64));
      ObjectNode bucket = platform.job("bucket", "1", 1);
      ((ObjectNode) bucket.get("model")).put("uri", "s3://secrets/model.h5");
      ObjectNode output = platform.job("output", "1", 1);
      output.putObject("output").put("uri", "s3://models/");
      ObjectNode state = platform.job("state", "1", 1);
      state.putObject("output").put("uri", platform.state + "results/");
      ObjectNode foreign = platform.job("foreign", "1", 1);
      ((ObjectNode) foreign.get("model")).setAll(platform.source(Platform.DATA, "models"));
      ObjectNode data = platform.job("data", "1", 1);
      ((ObjectNode) data.get("datasets")).set("train", platform.source(Platform.MODEL, "datasets"));
      ObjectNode memory = platform.job("memory", "1", 1);
      ((ObjectNode) memory.at("/plan/fineTuning")).put("batchSize", 60_000);
      for (ObjectNode job :
          List.of(missing, digest, bucket, output, state, foreign, data, memory)) {
        platform.publish(job);
      }
      Map<String, String> codes = new java.util.HashMap<>();
      for (JsonNode result : platform.awaitResults(8).values()) {
        assertThat(EventSchemas.violations(EventType.FAILED, result)).isEmpty();
        assertThat(result.at("/reason/message").asText()).doesNotContain("/tmp");
        codes.put(result.at("/model/name").asText(), result.at("/reason/code").asText());
      }
      assertThat(codes)
          .containsEntry("missing", "object-not-found")
          .containsEntry("digest", "wrong-digest")
          .containsEntry("bucket", "access-denied")
          .containsEntry("output", "access-denied")
          .containsEntry("state", "access-denied")
          .containsEntry("foreign", "model-unreadable")
          .containsEntry("data", "dataset-invalid")
          .containsEntry("memory", "memory-exceeded");
      platform.await("all acknowledged", () -> platform.acknowledged() == 8);
      assertThat(platform.records(platform.deadLetters())).isEmpty();
      noSecretIsToldAnywhere(platform, worker);
      everyRecordHasTheHeadersThatAreDocumented(platform);
    }
  }

  @Test
  void anInputThatTheStoreNeverGivesIsGivenUpAndHoldsUpNobody() throws Exception {
    try (Platform platform = new Platform("never-given", 1);
        RefusingProxy proxy =
            new RefusingProxy(
                java.net.URI.create(platform.s3).getPort(),
                request -> request.contains("/broken.npz"),
                "503 Service Unavailable")) {
      Map<String, String> settings =
          Map.of(
              "secateur.store.endpoint", proxy.endpoint(),
              "secateur.store.retries", "1",
              "secateur.jobs.max-attempts", "3");
      WorkerProcess worker = platform.worker("never-given-1", settings).awaitReady();
      ObjectNode broken = platform.job("broken", "1", 1);
      ObjectUri uri = ObjectUri.of("s3://datasets/never-given/broken.npz");
      platform.store.upload(Platform.DATA, uri);
      ((ObjectNode) broken.get("datasets")).putObject("train").put("uri", uri.toString());
      platform.publish(broken);
      platform.publish(platform.job("sound", "1", 1));
      Map<String, JsonNode> byModel = new java.util.HashMap<>();
      platform.awaitResults(2).values().forEach(r -> byModel.put(r.at("/model/name").asText(), r));
      JsonNode failed = byModel.get("broken");
      assertThat(EventSchemas.violations(EventType.FAILED, failed)).isEmpty();
      assertThat(failed.at("/reason/code").asText()).isEqualTo("store-unavailable");
      assertThat(failed.at("/reason/retried").asBoolean()).isTrue();
      assertThat(byModel.get("sound").path("outcome").asText()).isEqualTo("accepted");
      platform.await("all acknowledged", () -> platform.acknowledged() == 2);
      assertThat(platform.records(platform.deadLetters())).hasSize(1);
      everyRecordHasTheHeadersThatAreDocumented(platform);
      assertThat(worker.metric("secateur_dead_letters_total", "store-unavailable")).isEqualTo(1);
    }
  }

  /** As while its keys are being changed, when the training is done already. */
  @Test
  void aStoreThatRefusesTheWorkerItselfForAWhileEndsNoJob() throws Exception {
    AtomicBoolean refusing = new AtomicBoolean();
    try (Platform platform = new Platform("refused", 1);
        RefusingProxy proxy =
            new RefusingProxy(
                java.net.URI.create(platform.s3).getPort(),
                request -> refusing.get(),
                "403 Forbidden")) {
      Path gates = Files.createDirectories(platform.directory.resolve("gates"));
      for (Stage stage : Stage.values()) {
        Files.createFile(gates.resolve(stage.label()));
      }
      Files.createFile(gates.resolve(JobMeters.FETCH));
      WorkerProcess worker =
          platform
              .worker(
                  "refused-1",
                  Map.of(
                      "secateur.store.endpoint",
                      proxy.endpoint(),
                      "secateur.jobs.max-attempts",
                      "1",
                      Hooks.STAGE_GATE,
                      gates.toString()))
              .awaitReady();
      platform.publish(platform.job("shapes", "1", 1));
      platform.await("push", () -> worker.process().output().contains(" stage " + JobMeters.PUSH));
      refusing.set(true);
      Files.createFile(gates.resolve(JobMeters.PUSH));
      platform.await("refusal", () -> worker.process().output().contains("attempt 1 failed"));
      refusing.set(false);
      JsonNode result = platform.awaitResults(1).values().iterator().next();
      assertThat(result.path("outcome").asText()).isEqualTo("accepted");
      assertThat(result.at("/job/attempt").asInt()).isEqualTo(1);
      platform.await("acknowledged", () -> platform.acknowledged() == 1);
      assertThat(platform.records(platform.deadLetters())).isEmpty();
    }
  }

  @Test
  void aThousandMalformedRecordsAreDeadLettersAndTheSoundOnesBetweenThemAreAnswered()
      throws Exception {
    try (Platform platform = new Platform("malformed", 1)) {
      MalformedRecords records = new MalformedRecords(platform);
      int sound = 0;
      for (int i = 0; i < MalformedRecords.REPEATS; i++) {
        records.sendAll(i);
        if (i % 10 == 0) {
          platform.publish(platform.job("sound", "v" + i, 1));
          sound++;
        }
      }
      platform.worker("malformed-1", Map.of("secateur.limits.event", "64K")).awaitReady();
      // Those that say who they are say all the same: one order, and one answer.
      platform.awaitResults(sound + 1);
      assertThat(platform.distinctResults().values())
          .filteredOn(r -> r.path("outcome").asText().equals("failed"))
          .singleElement()
          .satisfies(
              r -> {
                assertThat(r.at("/reason/code").asText()).isEqualTo("attribute");
                assertThat(r.at("/reason/message").asText()).contains("time:");
                assertThat(EventSchemas.violations(EventType.FAILED, r)).isEmpty();
              });
      int letters = records.sent() - records.answered();
      platform.await(
          "all dead letters", () -> platform.records(platform.deadLetters()).size() == letters);
      assertThat(records.sent()).isEqualTo(1000);
      for (ConsumerRecord<byte[], byte[]> letter : platform.records(platform.deadLetters())) {
        String expected = Platform.header(letter, MalformedRecords.EXPECTED);
        assertThat(Platform.header(letter, DeadLetter.REASON)).isEqualTo(expected);
        assertThat(Platform.header(letter, DeadLetter.CAUSE)).isNotEmpty();
        assertThat(Digests.sha256(letter.value() == null ? new byte[0] : letter.value()))
            .isEqualTo(Platform.header(letter, MalformedRecords.DIGEST));
      }
      long all = sound + 1000;
      platform.await("all acknowledged", () -> platform.acknowledged() == all);
    }
  }

  @Test
  void impossibleTimesEmptyHeadersHugeNumbersAndAbortedTransactionsKeepNoRecordFromItsAnswer()
      throws Exception {
    try (Platform platform = new Platform("strange", 1)) {
      ProducerRecord<byte[], byte[]> ancient = platform.sound("ancient");
      ancient.headers().remove("ce_time");
      ancient.headers().add("ce_time", "0001-01-01T00:00:00Z".getBytes(StandardCharsets.UTF_8));
      platform.send(ancient);
      ProducerRecord<byte[], byte[]> empty = platform.sound("empty");
      empty.headers().add("other", null).add(DeadLetter.REPLAY, null);
      platform.send(empty);
      String huge = "{\"plan\":{\"pruning\":{\"schedule\":1e400}}}";
      platform.send(
          new ProducerRecord<>(platform.registered(), huge.getBytes(StandardCharsets.UTF_8)));
      platform.sendAborted(platform.sound("aborted"));
      platform.send(platform.sound("after"));
      platform.worker("strange-1").awaitReady();
      Set<String> models = new TreeSet<>();
      platform.awaitResults(3).values().forEach(r -> models.add(r.at("/model/name").asText()));
      assertThat(models).containsExactly("after", "ancient", "empty");
      platform.await("acknowledged", () -> platform.acknowledged() >= 5);
      assertThat(platform.records(platform.deadLetters()))
          .extracting(letter -> Platform.header(letter, DeadLetter.REASON))
          .containsExactly("broken-json");
    }
  }

  /** KEDA counts offsets: what a transaction leaves behind its last record would keep a worker. */
  @Test
  void theGroupPassesOffsetsThatNoRecordHas() throws Exception {
    try (Platform platform = new Platform("markers", 2)) {
      platform.sendCommitted(platform.sound("committed"));
      platform.sendAborted(platform.sound("aborted"));
      platform.worker("markers-1").awaitReady();
      platform.awaitResults(1);
      platform.await("nothing is left", () -> platform.lag() == 0);
      platform.sendAborted(platform.sound("aborted"));
      platform.await("nothing is left", () -> platform.lag() == 0);
      platform.send(platform.sound("after"));
      platform.awaitResults(2);
      platform.await("nothing is left", () -> platform.lag() == 0);
    }
  }
}
