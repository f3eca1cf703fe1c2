package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

final class DoorbellTest {
  private static final TopicPartition BELL = new TopicPartition("bell", 0);

  private final MockProducer<byte[], byte[]> broker =
      new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());
  private final Map<TopicPartition, OffsetAndMetadata> group = new HashMap<>();
  private boolean isAway;
  private int connections;

  /** What was rung for, read by one connection, and where the group stands, shared by all. */
  private final class Looking extends MockConsumer<byte[], byte[]> {
    Looking() {
      super("earliest");
      connections++;
      updateBeginningOffsets(Map.of(BELL, 0L));
    }

    @Override
    public synchronized List<PartitionInfo> partitionsFor(String topic, Duration most) {
      if (isAway) {
        throw new TimeoutException("no connection within " + most);
      }
      return List.of(new PartitionInfo("bell", 0, null, null, null));
    }

    @Override
    public synchronized Map<TopicPartition, OffsetAndMetadata> committed(
        Set<TopicPartition> partitions, Duration most) {
      return Map.copyOf(group);
    }

    @Override
    public synchronized void commitSync(
        Map<TopicPartition, OffsetAndMetadata> offsets, Duration most) {
      group.putAll(offsets);
    }

    @Override
    public synchronized Map<TopicPartition, Long> endOffsets(
        Collection<TopicPartition> partitions, Duration most) {
      return Map.of(BELL, end());
    }

    @Override
    public synchronized ConsumerRecords<byte[], byte[]> poll(Duration most) {
      for (long at = position(BELL); at < end(); at++) {
        addRecord(
            new ConsumerRecord<>("bell", 0, at, broker.history().get((int) at).key(), new byte[0]));
      }
      return super.poll(most);
    }
  }

  private long end() {
    return broker.history().size();
  }

  private long lag() {
    return end() - (group.containsKey(BELL) ? group.get(BELL).offset() : 0);
  }

  private Doorbell worker() {
    MeterRegistry registry = new SimpleMeterRegistry();
    Doorbell bell =
        new Doorbell(
            Shared.publisher(broker, Shared.meters(registry, new Work()), registry),
            new KeptConsumer(Looking::new),
            "bell",
            "group",
            () -> false);
    bell.present(true);
    return bell;
  }

  private static void look(Doorbell worker, String... open) {
    worker.pass(Set.of(open), Set.of(open)::contains);
  }

  private List<String> rungFor() {
    return broker.history().stream()
        .map(ring -> new String(ring.key(), StandardCharsets.UTF_8))
        .toList();
  }

  @Test
  void whatWasNotRungForIsMadeUpForWhenALookSucceedsAtLast() {
    Doorbell worker = worker();
    isAway = true;
    look(worker, "a", "b", "c");
    look(worker, "a", "b", "c");
    assertThat(rungFor()).isEmpty();
    isAway = false;
    look(worker, "a", "b", "c");
    assertThat(rungFor()).containsExactlyInAnyOrder("a", "b", "c");
    assertThat(lag()).isEqualTo(3);
  }

  @Test
  void aConnectionIsKeptAsLongAsItAnswers() {
    Doorbell worker = worker();
    for (int n = 0; n < 5; n++) {
      look(worker, "a");
    }
    assertThat(connections).isEqualTo(1);
    isAway = true;
    look(worker, "a");
    isAway = false;
    look(worker, "a");
    look(worker, "a");
    assertThat(connections).isEqualTo(2);
  }

  /** A connection that is kept remembers where it read last; the others have gone on. */
  @Test
  void eachLookBeginsWhereTheGroupStands() {
    List<Doorbell> workers = Stream.generate(this::worker).limit(3).toList();
    for (int round = 0; round < 2; round++) {
      workers.forEach(worker -> look(worker, "a", "b", "c", "d"));
    }
    assertThat(end()).isEqualTo(4);
    look(workers.get(0), "c", "d");
    assertThat(lag()).isEqualTo(2);
    long rings = end();
    for (int round = 0; round < 2; round++) {
      workers.forEach(worker -> look(worker, "c", "d"));
    }
    look(workers.get(2));
    look(workers.get(0));
    look(workers.get(1));
    assertThat(end()).as("nothing was rung for again").isEqualTo(rings);
    assertThat(lag()).isZero();
  }
}
