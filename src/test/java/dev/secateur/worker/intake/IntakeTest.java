package dev.secateur.worker.intake;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.CloudEvent;
import dev.secateur.event.EventSchemas;
import dev.secateur.event.EventType;
import dev.secateur.ledger.Ledger;
import dev.secateur.ledger.ObjectLedgerStore;
import dev.secateur.ledger.Order;
import dev.secateur.ledger.Tenure;
import dev.secateur.ledger.Terms;
import dev.secateur.store.AllowedBuckets;
import dev.secateur.store.DirectoryStore;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.worker.Answers;
import dev.secateur.worker.Doorbell;
import dev.secateur.worker.EventPublisher;
import dev.secateur.worker.JobMeters;
import dev.secateur.worker.Metrics;
import dev.secateur.worker.OrderedJob;
import dev.secateur.worker.Shared;
import dev.secateur.worker.Storage;
import dev.secateur.worker.StoredInputs;
import dev.secateur.worker.Work;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever bytes a record has, it is done with within three deliveries, as exactly one of: an order
 * in the ledger, an answer, a dead letter.
 */
final class IntakeTest {
  private static final int RECORDS = 1500;
  private static final int DELIVERIES = 3;
  private static final ObjectUri STATE = ObjectUri.of("s3://artifacts/.secateur/");

  @TempDir Path directory;

  private final MockProducer<byte[], byte[]> broker =
      new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());

  private ObjectStore store;
  private Ledger ledger;
  private CountedDefects intake;
  private EventPublisher publisher;
  private Doorbell doorbell;
  private JobMeters meters;
  private Answers answers;
  private final Work work = new Work();
  private int woken;
  private final MeterRegistry registry = new SimpleMeterRegistry();

  @BeforeEach
  void open() {
    store =
        new DirectoryStore(
            directory.resolve("buckets"),
            new AllowedBuckets(
                Set.of("models", "datasets"), Set.of("artifacts", "models", "datasets")));
    store.write(ObjectUri.of("s3://models/m.h5"), new byte[] {1});
    store.write(ObjectUri.of("s3://datasets/d.npz"), new byte[] {2});
    ledger =
        new Ledger(
            new ObjectLedgerStore(store, STATE),
            InstantSource.system(),
            new Terms("test", "v1", Duration.ofMinutes(1), Duration.ofMinutes(1)));
    meters = Shared.meters(registry, work);
    publisher = Shared.publisher(broker, meters, registry);
    answers = new Answers(publisher, "test", work::stopsWaiting);
    doorbell = Shared.doorbell(publisher, work);
    intake =
        new CountedDefects(intake(false)::take, ledger.defects(), publisher, work::stopsWaiting);
  }

  private Disposition answer(ConsumerRecord<byte[], byte[]> record) {
    return intake.answer(record, System.nanoTime());
  }

  private Intake intake(boolean shared) {
    return new Intake(
        new Storage(store, STATE, ObjectUri.of("s3://artifacts/")),
        ledger,
        answers,
        publisher,
        doorbell,
        meters,
        work,
        Shared.retry(),
        fresh -> woken++,
        1 << 16,
        3,
        shared);
  }

  private static ObjectNode sound() {
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.putObject("model").put("uri", "s3://models/m.h5").put("name", "m").put("version", "1");
    data.putObject("datasets").putObject("train").put("uri", "s3://datasets/d.npz");
    data.putObject("plan").putObject("fineTuning").put("epochs", 1);
    return data;
  }

  private static Map<String, String> headers(int n) {
    return Map.of(
        "ce_specversion",
        "1.0",
        "ce_id",
        "event-" + n,
        "ce_source",
        "/test",
        "ce_type",
        EventType.REGISTERED.type());
  }

  @Test
  void anyRecordBecomesAnOrderAnAnswerOrALetterWithinThreeDeliveries() {
    Random random = new Random(20261127);
    int orders = 0;
    int answers = 0;
    int letters = 0;
    for (int n = 0; n < RECORDS; n++) {
      ConsumerRecord<byte[], byte[]> record = any(random, n);
      long ordersBefore = orders();
      int sentBefore = broker.history().size();
      Disposition disposition = null;
      for (int delivery = 0; delivery < DELIVERIES && disposition != Disposition.DONE; delivery++) {
        disposition = answer(record);
      }
      assertThat(disposition).as(shown(record)).isEqualTo(Disposition.DONE);
      long ordered = orders() - ordersBefore;
      List<ProducerRecord<byte[], byte[]>> sent =
          broker.history().subList(sentBefore, broker.history().size());
      assertThat(ordered + sent.size()).as(shown(record)).isEqualTo(1);
      orders += (int) ordered;
      for (ProducerRecord<byte[], byte[]> one : sent) {
        boolean letter = one.topic().equals("dlq");
        letters += letter ? 1 : 0;
        answers += letter ? 0 : 1;
        if (!letter) {
          isAnAnswer(one);
        }
      }
    }
    assertThat(orders).isPositive();
    assertThat(answers).isPositive();
    assertThat(letters).isPositive();
    assertThat(woken).isEqualTo(orders);
  }

  private static void isAnAnswer(ProducerRecord<byte[], byte[]> answer) {
    try {
      JsonNode data = dev.secateur.event.EventJson.parse(answer.value());
      assertThat(EventSchemas.violations(EventType.FAILED, data)).isEmpty();
      assertThat(data.at("/reason/message").asText()).isNotEmpty();
    } catch (java.io.IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void inATopicThatOthersUseTheirTypesArePassedBy() {
    Intake sharing = intake(true);
    Map<String, String> foreign = new HashMap<>(headers(1));
    foreign.put("ce_type", "com.example.order.placed");

    assertThat(sharing.take(record(1, foreign, "{}"), System.nanoTime()))
        .isEqualTo(Disposition.DONE);

    assertThat(broker.history()).isEmpty();
    assertThat(orders()).isZero();
    assertThat(registry.counter(Metrics.PASSED_BY).count()).isEqualTo(1);
    // What is ours is taken in, and what is wrong with it is told.
    assertThat(sharing.take(record(2, headers(2), sound().toString()), System.nanoTime()))
        .isEqualTo(Disposition.DONE);
    assertThat(orders()).isEqualTo(1);
    assertThat(sharing.take(record(3, headers(3), "{}"), System.nanoTime()))
        .isEqualTo(Disposition.DONE);
    assertThat(broker.history()).hasSize(1);
  }

  @Test
  void noVersionIsWrittenTo() {
    ObjectNode data = sound();
    data.putObject("output").put("uri", "s3://artifacts/out?versionId=3");
    assertThat(answer(record(1, headers(1), data.toString()))).isEqualTo(Disposition.DONE);
    assertThat(orders()).isZero();
    assertThat(broker.history())
        .singleElement()
        .satisfies(
            r ->
                assertThat(new String(r.value(), StandardCharsets.UTF_8))
                    .contains("s3://artifacts/out?versionId=3"));
  }

  @Test
  void anOrderThatOlderWorkersWouldMisreadIsLeftByThem() {
    ObjectNode data = sound();
    answer(record(1, headers(1), data.toString()));
    store.write(ObjectUri.of("s3://datasets/set/0.npz"), new byte[] {2});
    data.withObject("/datasets/train").put("uri", "s3://datasets/set/");
    answer(record(2, headers(2), data.toString()));
    assertThat(
            store.list(STATE.resolve("orders/")).stream()
                .map(order -> store.read(order.uri(), 1 << 20).orElseThrow())
                .map(bytes -> new String(bytes, StandardCharsets.UTF_8).contains("\"format\":2")))
        .containsExactlyInAnyOrder(false, true);
  }

  @Test
  void whatTrainsNothingNeedsNoTrainingSet() {
    ObjectNode data = sound();
    ((ObjectNode) data.get("datasets")).remove("train");
    data.withObject("/datasets/evaluation").put("uri", "s3://datasets/d.npz");
    answer(record(1, headers(1), data.toString()));
    assertThat(broker.history())
        .singleElement()
        .satisfies(
            r ->
                assertThat(new String(r.value(), StandardCharsets.UTF_8))
                    .contains("/datasets/train"));
    data.withObject("/plan/fineTuning").put("epochs", 0);
    answer(record(2, headers(2), data.toString()));
    assertThat(broker.history()).hasSize(1);
    assertThat(orders()).isEqualTo(1);
  }

  /** Delivered again, an event is answered or known: nothing new is made of it. */
  @Test
  void anEventThatComesAgainMakesNoSecondOrder() {
    for (int delivery = 0; delivery < 3; delivery++) {
      assertThat(answer(record(7, headers(7), sound().toString()))).isEqualTo(Disposition.DONE);
    }
    assertThat(orders()).isEqualTo(1);
    assertThat(broker.history()).isEmpty();
  }

  /**
   * Its answer is sent before the order closes, so that a record whose acknowledgement was lost
   * with its worker asks for nothing; an event that was published again does.
   */
  @Test
  void aSettledOrderAnswersAnEventThatIsPublishedAgainNotARecordThatIsDeliveredAgain() {
    long sent = System.currentTimeMillis() - 1000;
    answer(at(sent, record(7, headers(7), sound().toString())));
    Tenure tenure = ledger.next().orElseThrow();
    CloudEvent accepted =
        new CloudEvent(
            "result",
            "/secateur",
            EventType.COMPLETED,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            JsonNodeFactory.instance.objectNode().put("outcome", "accepted"));
    ledger.settle(tenure, answers.result(tenure.order().id(), tenure.epoch(), 1, accepted, true));
    ledger.close(tenure);

    answer(at(sent, record(7, headers(7), sound().toString())));
    assertThat(broker.history()).isEmpty();
    answer(at(sent, record(8, headers(7), sound().toString())));
    assertThat(broker.history()).hasSize(1);
    // A topic that was made anew counts from its start.
    answer(at(sent + 1, record(7, headers(7), sound().toString())));
    assertThat(broker.history()).hasSize(2);
  }

  private static ConsumerRecord<byte[], byte[]> at(
      long millis, ConsumerRecord<byte[], byte[]> record) {
    return new ConsumerRecord<>(
        record.topic(),
        record.partition(),
        record.offset(),
        millis,
        TimestampType.CREATE_TIME,
        1,
        record.value().length,
        record.key(),
        record.value(),
        record.headers(),
        Optional.empty());
  }

  /** Whatever has become of what it names: the order stands as it was taken in. */
  @Test
  void anEventThatComesAgainAfterItsInputsHaveChangedFindsTheOrderThatItHad() {
    answer(record(7, headers(7), sound().toString()));
    Order first = ledger.orders().find(Order.idOf("/test", "event-7")).orElseThrow();
    store.write(ObjectUri.of("s3://models/m.h5"), new byte[] {3, 4});
    answer(record(8, headers(7), sound().toString()));
    store.delete(ObjectUri.of("s3://models/m.h5"));
    answer(record(9, headers(7), sound().toString()));
    Order last = ledger.orders().find(Order.idOf("/test", "event-7")).orElseThrow();
    assertThat(last.resolved()).isEqualTo(first.resolved());
    assertThat(OrderedJob.of(last).inputs().sources().get(StoredInputs.Role.MODEL).object().bytes())
        .isEqualTo(1);
    assertThat(broker.history()).isEmpty();
  }

  /** An event that was refused keeps its answer, whatever is there by then. */
  @Test
  void aRefusedEventKeepsItsAnswer() {
    ObjectNode missing = sound();
    ((ObjectNode) missing.get("model")).put("uri", "s3://models/later.h5");
    answer(record(1, headers(1), missing.toString()));
    store.write(ObjectUri.of("s3://models/later.h5"), new byte[] {1});
    answer(record(2, headers(1), missing.toString()));
    assertThat(broker.history()).hasSize(2);
    assertThat(broker.history().get(0).value()).isEqualTo(broker.history().get(1).value());
    assertThat(ledger.next()).isEmpty();
  }

  /** An answer that no topic takes would be tried for ever. */
  @Test
  void theAnswerToWhatIsFarTooLongIsShort() {
    ObjectNode data = sound();
    ((ObjectNode) data.get("model")).remove("name");
    ((ObjectNode) data.get("model")).put("uri", "s3://models/" + "x".repeat(60_000));
    assertThat(answer(record(1, headers(1), data.toString()))).isEqualTo(Disposition.DONE);
    assertThat(broker.history())
        .singleElement()
        .satisfies(answer -> assertThat(answer.value().length).isLessThan(20_000));
  }

  @Test
  void whatIsCancelledIsEndedByItsEventOrByItsModel() {
    answer(record(1, headers(1), sound().toString()));
    answer(record(2, headers(2), sound().toString().replace("\"m\"", "\"other\"")));
    answer(record(3, cancelling(), "{\"registered\":{\"source\":\"/test\",\"id\":\"event-1\"}}"));
    assertThat(ledger.cancels().requested()).containsExactly(Order.idOf("/test", "event-1"));
    answer(record(4, cancelling(), "{\"model\":{\"name\":\"other\",\"version\":2}}"));
    assertThat(ledger.cancels().requested()).hasSize(1);
    answer(record(5, cancelling(), "{\"model\":{\"name\":\"other\",\"version\":null}}"));
    assertThat(ledger.cancels().requested()).hasSize(2);
    assertThat(broker.history()).isEmpty();
    answer(record(6, cancelling(), "{\"reason\":\"none\"}"));
    assertThat(broker.history())
        .singleElement()
        .satisfies(r -> assertThat(r.topic()).isEqualTo("dlq"));
  }

  private static Map<String, String> cancelling() {
    Map<String, String> headers = new java.util.HashMap<>(headers(0));
    headers.put("ce_type", EventType.CANCELLED.type());
    return headers;
  }

  private long orders() {
    return store.list(STATE.resolve("orders/")).size();
  }

  private static ConsumerRecord<byte[], byte[]> any(Random random, int n) {
    Map<String, String> headers = new java.util.HashMap<>(headers(n));
    ObjectNode data = sound();
    byte[] value = null;
    switch (random.nextInt(12)) {
      case 0 -> data.put("priority", random.nextInt(14) - 2);
      case 1 -> data.put("tenant", text(random, random.nextInt(200)));
      case 2 -> ((ObjectNode) data.get("model")).put("name", text(random, random.nextInt(200)));
      case 3 -> ((ObjectNode) data.get("model")).put("uri", "s3://models/" + text(random, 5));
      case 4 -> data.putObject("plan").put(text(random, 4), random.nextDouble());
      case 5 -> data.with("plan").with("pruning").put("finalSparsity", random.nextGaussian());
      case 6 ->
          headers.put(
              "ce_" + List.of("id", "source", "time", "type").get(random.nextInt(4)),
              text(random, random.nextInt(20)));
      case 7 ->
          headers.remove(
              List.of("ce_id", "ce_source", "ce_type", "ce_specversion").get(random.nextInt(4)));
      case 8 -> headers.clear();
      case 9 -> {
        value = new byte[random.nextInt(300)];
        random.nextBytes(value);
      }
      case 10 -> {
        value = data.toString().getBytes(StandardCharsets.UTF_8);
        for (int flip = random.nextInt(4); flip >= 0; flip--) {
          value[random.nextInt(value.length)] = (byte) random.nextInt(256);
        }
      }
      default -> headers.put("content-type", text(random, random.nextInt(30)));
    }
    return record(
        n, headers, value == null ? data.toString().getBytes(StandardCharsets.UTF_8) : value);
  }

  private static String text(Random random, int length) {
    StringBuilder text = new StringBuilder();
    for (int c = 0; c < length; c++) {
      int kind = random.nextInt(4);
      text.appendCodePoint(
          kind == 0
              ? random.nextInt(0x20)
              : kind == 1 ? 0x1F600 + random.nextInt(80) : 0x20 + random.nextInt(0x5F));
    }
    return text.toString();
  }

  private static ConsumerRecord<byte[], byte[]> record(
      int offset, Map<String, String> headers, String value) {
    return record(offset, headers, value.getBytes(StandardCharsets.UTF_8));
  }

  private static ConsumerRecord<byte[], byte[]> record(
      int offset, Map<String, String> headers, byte[] value) {
    ConsumerRecord<byte[], byte[]> record =
        new ConsumerRecord<>("in", 0, offset, new byte[] {1}, value);
    headers.forEach((n, v) -> record.headers().add(n, v.getBytes(StandardCharsets.UTF_8)));
    return record;
  }

  private static String shown(ConsumerRecord<byte[], byte[]> record) {
    List<String> headers = new ArrayList<>();
    record
        .headers()
        .forEach(h -> headers.add(h.key() + "=" + new String(h.value(), StandardCharsets.UTF_8)));
    return headers + " " + new String(record.value(), StandardCharsets.UTF_8);
  }
}
