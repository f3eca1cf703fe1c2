package dev.secateur.worker.intake;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.ledger.Defects;
import dev.secateur.ledger.ObjectLedgerStore;
import dev.secateur.store.AllowedBuckets;
import dev.secateur.store.DirectoryStore;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.worker.Shared;
import dev.secateur.worker.Work;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CountedDefectsTest {
  private static final ObjectUri STATE = ObjectUri.of("s3://artifacts/.secateur/");

  private final MockProducer<byte[], byte[]> broker =
      new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());

  @TempDir Path directory;

  private ObjectStore store(Set<String> writable) {
    return new DirectoryStore(directory, new AllowedBuckets(Set.of(), writable));
  }

  /** One worker of several on the same store. */
  private CountedDefects worker(
      Set<String> writable, Function<ConsumerRecord<byte[], byte[]>, Disposition> answer) {
    return worker(writable, answer, false);
  }

  private CountedDefects worker(
      Set<String> writable,
      Function<ConsumerRecord<byte[], byte[]>, Disposition> answer,
      boolean draining) {
    MeterRegistry registry = new SimpleMeterRegistry();
    return new CountedDefects(
        (record, came) -> answer.apply(record),
        new Defects(new ObjectLedgerStore(store(writable), STATE)),
        Shared.publisher(broker, Shared.meters(registry, new Work()), registry),
        () -> draining);
  }

  private CountedDefects worker(Function<ConsumerRecord<byte[], byte[]>, Disposition> answer) {
    return worker(Set.of("artifacts"), answer);
  }

  private static ConsumerRecord<byte[], byte[]> record(long offset) {
    return new ConsumerRecord<>("in", 3, offset, new byte[] {1}, new byte[] {2});
  }

  private static Disposition fail() {
    throw new IllegalStateException("what nobody thought of");
  }

  @Test
  void aRecordThatMeetsADefectIsPutAsideAfterThreeTimesOverAllWorkers() {
    assertThat(worker(r -> fail()).answer(record(7), 0)).isInstanceOf(Disposition.Later.class);
    assertThat(worker(r -> fail()).answer(record(8), 0)).isInstanceOf(Disposition.Later.class);
    assertThat(worker(r -> fail()).answer(record(7), 0)).isInstanceOf(Disposition.Later.class);
    assertThat(broker.history()).isEmpty();
    assertThat(worker(r -> fail()).answer(record(7), 0)).isEqualTo(Disposition.DONE);
    assertThat(broker.history()).hasSize(1);
    ProducerRecord<byte[], byte[]> letter = broker.history().get(0);
    assertThat(letter.topic()).isEqualTo("dlq");
    assertThat(letter.value()).containsExactly(2);
    assertThat(text(letter, "dead-letter-reason")).isEqualTo("defect");
    assertThat(text(letter, "dead-letter-cause")).contains("what nobody thought of");
    assertThat(store(Set.of("artifacts")).list(STATE))
        .as("record 8's is counted on")
        .singleElement()
        .satisfies(o -> assertThat(o.uri().key()).contains("in-3-8"));
  }

  @Test
  void whatIsAnsweredIsNotCounted() {
    assertThat(worker(r -> Disposition.DONE).answer(record(7), 0)).isEqualTo(Disposition.DONE);
    assertThat(store(Set.of("artifacts")).list(STATE)).isEmpty();
  }

  @Test
  void whatCannotBeCountedIsNotPutAside() {
    CountedDefects worker = worker(Set.of(), r -> fail());
    for (int n = 0; n < 5; n++) {
      assertThat(worker.answer(record(7), 0)).isInstanceOf(Disposition.Later.class);
    }
    assertThat(broker.history()).isEmpty();
  }

  @Test
  void whatGoesWrongInADrainIsNotCounted() {
    assertThat(worker(Set.of("artifacts"), r -> fail(), true).answer(record(7), 0))
        .isEqualTo(Disposition.LEFT);
    assertThat(store(Set.of("artifacts")).list(STATE)).isEmpty();
  }

  private static String text(ProducerRecord<byte[], byte[]> record, String header) {
    return new String(record.headers().lastHeader(header).value(), StandardCharsets.UTF_8);
  }
}
