package dev.secateur.worker.health;

import dev.secateur.worker.WorkerConfiguration;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * The records of the input topic that the whole group has not acknowledged, as the broker counts
 * them. A consumer's own lag does not do: it stands still while a job runs, since a paused
 * partition is not fetched from.
 */
@Singleton
final class Lag {
  private static final int ANSWER_SECONDS = 5;

  private final Admin admin;
  private final String topic;
  private final String group;
  private volatile long records;
  private volatile Map<TopicPartition, Long> ends = Map.of();
  private volatile Map<TopicPartition, Long> acknowledged = Map.of();

  @Inject
  Lag(
      Admin admin,
      WorkerConfiguration configuration,
      @ConfigProperty(name = "mp.messaging.incoming.registered.group.id") String group) {
    this.admin = admin;
    this.topic = configuration.topics().registered();
    this.group = group;
  }

  /** When it was last asked. */
  long records() {
    return records;
  }

  /** The offset that each partition's next record will have, when it was last asked. */
  Map<TopicPartition, Long> ends() {
    return ends;
  }

  /** The offset that the group goes on from in each partition, when it was last asked. */
  Map<TopicPartition, Long> acknowledged() {
    return acknowledged;
  }

  void ask() throws ExecutionException, InterruptedException, TimeoutException {
    Map<TopicPartition, OffsetSpec> last =
        admin
            .describeTopics(java.util.List.of(topic))
            .allTopicNames()
            .get(ANSWER_SECONDS, TimeUnit.SECONDS)
            .get(topic)
            .partitions()
            .stream()
            .collect(
                Collectors.toMap(
                    p -> new TopicPartition(topic, p.partition()), p -> OffsetSpec.latest()));
    Map<TopicPartition, OffsetSpec> first = new HashMap<>(last);
    first.replaceAll((partition, spec) -> OffsetSpec.earliest());
    // What an open or aborted transaction wrote is no work.
    var committed = new ListOffsetsOptions(IsolationLevel.READ_COMMITTED);
    var next = admin.listOffsets(last, committed).all().get(ANSWER_SECONDS, TimeUnit.SECONDS);
    var starts = admin.listOffsets(first).all().get(ANSWER_SECONDS, TimeUnit.SECONDS);
    Map<TopicPartition, OffsetAndMetadata> offsets =
        admin
            .listConsumerGroupOffsets(group)
            .partitionsToOffsetAndMetadata()
            .get(ANSWER_SECONDS, TimeUnit.SECONDS);
    long sum = 0;
    Map<TopicPartition, Long> stands = new HashMap<>();
    for (TopicPartition partition : last.keySet()) {
      // A partition that the group never acknowledged a record of is read from its start.
      OffsetAndMetadata offset = offsets.get(partition);
      long start = starts.get(partition).offset();
      long from = offset == null ? start : Math.max(start, offset.offset());
      stands.put(partition, from);
      sum += next.get(partition).offset() - from;
    }
    records = sum;
    acknowledged = stands;
    ends =
        next.entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().offset()));
  }
}
