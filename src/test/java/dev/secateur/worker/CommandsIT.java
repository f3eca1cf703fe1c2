package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.secateur.cli.Run;
import dev.secateur.demo.WorkerProcess;
import dev.secateur.event.CloudEvent;
import dev.secateur.event.KafkaBinding;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.zip.CRC32C;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.proto.Example;
import org.tensorflow.proto.Feature;
import org.tensorflow.proto.Features;
import org.tensorflow.proto.FloatList;
import org.tensorflow.proto.Int64List;

/** The commands that ask servers, against real ones and one packaged worker. */
final class CommandsIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int FORTY_MEGABYTES = 40 << 20;

  private static Platform platform;

  @TempDir Path directory;

  @BeforeAll
  static void start() throws Exception {
    platform = new Platform("commands", 2);
    platform.worker("commands-1", Map.of("secateur.claim.expiry", "60s")).awaitReady();
  }

  @AfterAll
  static void stop() {
    platform.close();
  }

  private static Run run(String... arguments) {
    return run(Map.of(), arguments);
  }

  private static Run run(Map<String, String> settings, String... arguments) {
    Map<String, String> environment = new HashMap<>(WorkerProcess.SECRETS);
    environment.put("SECATEUR_TOPICS_REGISTERED", platform.registered());
    environment.put("SECATEUR_TOPICS_PROGRESS", platform.name + "-progress");
    environment.put("SECATEUR_TOPICS_COMPRESSED", platform.name + "-compressed");
    environment.put("SECATEUR_TOPICS_DEAD_LETTERS", platform.deadLetters());
    environment.putAll(settings);
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--kafka", platform.kafka, "--store", platform.s3));
    if (Set.of("jobs", "cancel", "pause", "resume").contains(arguments[0])) {
      all.addAll(List.of("--state-uri", platform.state.toString()));
    }
    return Run.in(environment, all);
  }

  private static String[] publishing(String model, String name, String... more) {
    List<String> arguments = new ArrayList<>(List.of("publish", "--model", model));
    arguments.addAll(List.of("--train", Platform.DATA.toString(), "--epochs", "1"));
    if (!name.isEmpty()) {
      arguments.addAll(List.of("--name", name));
    }
    arguments.addAll(List.of(more));
    return arguments.toArray(String[]::new);
  }

  private static String published(String... arguments) {
    Run run = run(arguments);
    assertThat(run.exitCode()).as(run.err()).isZero();
    return run.out().strip();
  }

  @Test
  void whoeverPublishesTheSameJobIsAnsweredAndANameWaitsForANewResult() {
    String[] publishing =
        publishing(Platform.MODEL.toString(), "twice", "--max-accuracy-drop", "1");
    String first = published(publishing);
    Run answer = run("watch", first, "--timeout", "120");
    assertThat(answer.exitCode()).as(answer.out() + answer.err()).isZero();
    String second = published(publishing);
    assertThat(second).isNotEqualTo(first);
    Run again = run("watch", second, "--timeout", "60");
    assertThat(again.exitCode()).as(again.out() + again.err()).isZero();
    assertThat(again.out()).contains("ACCEPTED");
    String key = again.out().substring(0, 12);
    assertThat(run("watch", key, "--timeout", "60").exitCode()).isZero();

    Run old = run("watch", "twice", "--timeout", "2");
    assertThat(old.exitCode()).isEqualTo(3);
    assertThat(old.err()).contains("no result within 2 s");
    assertThat(run("watch", "twice", "--from-beginning", "--timeout", "60").exitCode()).isZero();
    assertThat(run("jobs", "--state", "accepted", "--limit", "0").out())
        .containsPattern("accepted .*" + key + ".*twice.*report.html");
  }

  @Test
  void aRejectedResultIsExitCodeOneAndTheDefaultNameIsOneThatTheWorkerTakes() throws Exception {
    Path model = Files.copy(Platform.MODEL, directory.resolve("shapes of (mine).h5"));
    String id =
        published(
            publishing(model.toString(), "", "--sparsity", "0.99", "--max-accuracy-drop", "0"));
    Run answer = run("watch", id, "--json", "--timeout", "120");
    assertThat(answer.exitCode()).as(answer.out() + answer.err()).isEqualTo(1);
    JsonNode result = JSON.readTree(answer.out().lines().reduce((a, b) -> b).orElseThrow());
    assertThat(result.at("/model/name").asText()).isEqualTo("shapes-of--mine-");
  }

  @Test
  void whatIsPausedWaitsIsSeenAndCanBeCancelled() throws Exception {
    assertThat(run("pause", "--model", "waiting").out()).contains("paused: models/waiting");
    String registered =
        published(publishing(Platform.MODEL.toString(), "waiting", "--max-accuracy-drop", "1"));
    platform.await(
        "taken in", () -> run("jobs", "--state", "paused").out().contains("waiting unversioned"));
    Run listed = run("jobs", "--model", "waiting", "--json");
    JsonNode job = JSON.readTree(listed.out());
    assertThat(job.path("state").asText()).isEqualTo("paused");
    assertThat(job.path("place").asInt()).isPositive();
    assertThat(job.path("registeredId").asText()).isEqualTo(registered);
    String order = job.path("order").asText();

    assertThat(run("jobs", order.substring(0, 9)).out()).contains(order.substring(0, 12));
    assertThat(run("cancel", order.substring(0, 9)).out()).isEqualTo(order + "\n");
    Run answer = run("watch", registered, "--from-beginning", "--timeout", "120");
    assertThat(answer.out()).contains("FAILED cancelled");
    platform.await(
        "settled", () -> run("jobs", order, "--json").out().contains("\"state\":\"failed\""));
    mistake(run("cancel", order), order + ": is settled already");
    assertThat(run("resume", "--model", "waiting").out()).isEqualTo("nothing is paused\n");
    mistake(run("cancel", "--model", "waiting"), "has no order that is not settled");
    mistake(run("cancel", "xyz"), "is no order");
    mistake(run("jobs", "000000000000"), "there is none");
  }

  @Test
  void jobsPassesOverWhatItCannotRead() {
    byte[] broken = "{\"wor".getBytes(StandardCharsets.UTF_8);
    String key = "0123456789ab".repeat(6).substring(0, 64);
    for (String place :
        List.of("orders/" + key, "results/" + key, "pending/5/t/0000000000001-" + key)) {
      platform.store.write(platform.state.resolve(place), broken);
    }
    platform.store.write(platform.state.resolve("claims/" + key + "/000001"), broken);
    platform.store.write(platform.state.resolve("claims/notes.txt"), broken);
    platform.store.write(platform.state.resolve("results/.json"), broken);
    Run table = run("jobs", "--limit", "0");
    assertThat(table.exitCode()).as(table.err()).isZero();
    assertThat(table.out()).containsPattern("0123456789ab +unknown");
    assertThat(run("jobs", "--limit", "1", "--json").out().lines()).hasSizeBetween(1, 2);
    platform.store.delete(platform.state.resolve("pending/5/t/0000000000001-" + key));
  }

  @Test
  void deadLettersAreReplayedOnceAndHarmlesslyTwice() throws Exception {
    CloudEvent event = platform.event("given-up", platform.job("mended", "1", 1));
    letter(event, KafkaBinding.binary(event).value(), "attempts-exhausted");
    letter(event, new byte[FORTY_MEGABYTES], "too-large");
    letter(event, null, "attempts-exhausted");
    letter(event, "{".getBytes(StandardCharsets.UTF_8), "broken-json");

    Run list = run("replay", "--dry-run");
    assertThat(list.exitCode()).as(list.err()).isZero();
    assertThat(list.out())
        .contains("1 to replay", "passed over: it has lost", "passed over: it would be refused");
    Run replay = run("replay");
    assertThat(replay.exitCode()).as(replay.err()).isZero();
    assertThat(replay.out()).endsWith("1 replayed\n");
    platform.await("the mended job's result", () -> answers() == 1);
    assertThat(run("replay").out()).isEqualTo("0 replayed\n");

    assertThat(run("replay", "--all", "--reason", "attempts-exhausted").out())
        .endsWith("1 replayed\n");
    platform.await("the same result again", () -> answers() == 2);
    assertThat(
            platform.distinctResults().values().stream()
                .filter(r -> r.at("/model/name").asText().equals("mended")))
        .singleElement()
        .satisfies(r -> assertThat(r.path("outcome").asText()).isEqualTo("accepted"));

    try (Admin admin = Admin.create(Map.of("bootstrap.servers", platform.kafka))) {
      admin
          .createTopics(
              List.of(
                  new NewTopic("commands-small", 1, (short) 1)
                      .configs(Map.of("max.message.bytes", "20000"))))
          .all()
          .get();
    }
    Run refused =
        run(
            Map.of("SECATEUR_TOPICS_REGISTERED", "commands-small"),
            "replay",
            "--all",
            "--reason",
            "too-large",
            "--reason",
            "broken-json");
    assertThat(refused.exitCode()).isEqualTo(3);
    assertThat(refused.err()).contains("not replayed: ").doesNotContain("\tat ");
    assertThat(refused.out()).endsWith("1 replayed\n");

    Run large = run("replay", "--all", "--reason", "too-large");
    assertThat(large.out()).as(large.err()).endsWith("1 replayed\n");
    // It says who it is, so it is answered: as the order that this event has.
    platform.await("its answer", () -> answers() == 3);
  }

  private static long answers() {
    return platform.results().stream()
        .filter(e -> e.data().at("/model/name").asText().equals("mended"))
        .count();
  }

  private static void letter(CloudEvent event, byte[] value, String reason) {
    ProducerRecord<byte[], byte[]> letter =
        new ProducerRecord<>(platform.deadLetters(), null, value);
    KafkaBinding.binary(event).headers().forEach(letter.headers()::add);
    Map<String, String> own = new HashMap<>();
    own.put(DeadLetter.REASON, reason);
    own.put(DeadLetter.CAUSE, "a test");
    own.put(DeadLetter.TOPIC, "elsewhere");
    own.put(DeadLetter.PARTITION, "0");
    own.put(DeadLetter.OFFSET, "7");
    own.put(DeadLetter.JOB, "the-job");
    if (value == null) {
      own.put(DeadLetter.OMITTED, "5000000");
    }
    own.forEach((name, text) -> letter.headers().add(name, text.getBytes(StandardCharsets.UTF_8)));
    platform.send(letter);
  }

  @Test
  void aSavedModelAndShardsArePublishedAsPrefixesAndCompressed() throws Exception {
    Path shards = Files.createDirectories(directory.resolve("shards"));
    writeShard(shards.resolve("train-0.tfrecord"), 48);
    writeShard(shards.resolve("train-1.tfrecord"), 48);
    writeShard(shards.resolve("test-0.tfrecord"), 32);
    String id =
        published(
            "publish",
            "--model",
            "src/test/resources/tiny/savedmodel-nested/model.tf",
            "--train",
            shards.toString(),
            "--recipe",
            "instant",
            "--allow-chance",
            "--name",
            "saved");
    Run answer = run("watch", id, "--json", "--timeout", "180");
    JsonNode result = JSON.readTree(answer.out().lines().reduce((a, b) -> b).orElseThrow());
    assertThat(result.at("/outcome").asText())
        .as(answer.out() + answer.err())
        .isIn("accepted", "rejected");
    assertThat(result.at("/artifacts").findValuesAsText("uri"))
        .anySatisfy(uri -> assertThat(uri).endsWith("pruned.keras"))
        .anySatisfy(uri -> assertThat(uri).endsWith("int8.tflite"));
  }

  /** Images as floats and a class; a record is length, checksum, bytes, checksum. */
  private static void writeShard(Path file, int samples) throws Exception {
    Random random = new Random(samples);
    try (OutputStream out = Files.newOutputStream(file)) {
      for (int i = 0; i < samples; i++) {
        FloatList.Builder image = FloatList.newBuilder();
        for (int pixel = 0; pixel < 6 * 6 * 2; pixel++) {
          image.addValue(random.nextFloat());
        }
        Features.Builder features = Features.newBuilder();
        features.putFeature("image", Feature.newBuilder().setFloatList(image).build());
        Int64List label = Int64List.newBuilder().addValue(i % 3).build();
        features.putFeature("label", Feature.newBuilder().setInt64List(label).build());
        byte[] record = Example.newBuilder().setFeatures(features).build().toByteArray();
        byte[] length = bytes(Long.BYTES).putLong(record.length).array();
        out.write(length);
        out.write(bytes(Integer.BYTES).putInt(maskedChecksum(length)).array());
        out.write(record);
        out.write(bytes(Integer.BYTES).putInt(maskedChecksum(record)).array());
      }
    }
  }

  private static ByteBuffer bytes(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static int maskedChecksum(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    int value = (int) crc.getValue();
    return (value >>> 15 | value << 17) + 0xa282ead8;
  }

  @Test
  void aMistakeInTheSettingsIsOneLineAndExitCodeTwo() {
    String model = Platform.MODEL.toString();
    mistake(
        run(Map.of("SECATEUR_STORE_CREDENTIALS", "guess"), publishing(model, "m")),
        "SECATEUR_STORE_CREDENTIALS: guess");
    mistake(
        run(Map.of("SECATEUR_STORE_SECRET_KEY", ""), publishing(model, "m")),
        "secateur.store.secret-key: is needed");
    mistake(
        run(Map.of("SECATEUR_STORE_RETRIES", "some"), publishing(model, "m")),
        "SECATEUR_STORE_RETRIES: some");
    mistake(run(publishing(model, "m", "--output", "artifacts")), "--output: artifacts");
    mistake(run(publishing(model, "no name")), "/model/name");
    mistake(run(publishing("missing.h5", "m")), "--model: missing.h5: is no file");
    mistake(run(publishing("s3://X/y", "m")), "--model: s3://X/y");
    mistake(
        run(Map.of("SECATEUR_TOPICS_COMPRESSED", "nowhere"), "watch"),
        "nowhere: there is no such topic");
    mistake(
        run(Map.of("SECATEUR_TOPICS_DEAD_LETTERS", "nowhere"), "replay"),
        "nowhere: there is no such topic");
    mistake(Run.in(Map.of(), List.of("jobs", "--state-uri", "here")), "--state-uri: here");
    // As in watch "$(publish …)" where the latter failed.
    mistake(run("watch", ""), "JOB: is empty");
    assertThat(run("watch", "nobody", "--timeout", "1").exitCode()).isEqualTo(3);
  }

  private static void mistake(Run run, String message) {
    assertThat(run.exitCode()).as(run.err()).isEqualTo(2);
    assertThat(run.err().lines()).singleElement().asString().contains(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"publish", "watch", "jobs", "cancel", "pause", "resume", "replay"})
  void eachCommandHasHelp(String command) {
    Run help = run(command, "--help");
    assertThat(help.exitCode()).isZero();
    assertThat(help.out()).contains("Usage: secateur " + command, "KAFKA_BOOTSTRAP_SERVERS");
  }
}
