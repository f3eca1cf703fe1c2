package dev.secateur.worker.health;

import dev.secateur.worker.KafkaProperties;
import dev.secateur.worker.KeptConsumer;
import io.smallrye.common.annotation.Identifier;
import io.smallrye.mutiny.TimeoutException;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jboss.logging.Logger;

/**
 * Acknowledges what the group has left behind though there is nothing to do in it: else that lag
 * stays until the next record, and with it a worker, since KEDA counts offsets.
 *
 * <ul>
 *   <li>Records that are taken in, of which the broker was not told: the connector does not send an
 *       acknowledgement again that met a rebalance.
 *   <li>Offsets that no record has: a transaction's end takes one, and what was rolled back keeps
 *       its own. These a reader of its own, who asks for what was committed, finds no record in: so
 *       they are none of those that the worker still has in hand.
 * </ul>
 */
@Singleton
final class Gaps {
  private static final Logger LOG = Logger.getLogger(Gaps.class);
  private static final Duration ANSWER = Duration.ofSeconds(5);

  private final KeptConsumer reader;
  private final Positions positions;

  /** What was acknowledged when it was last looked at. Used by the asking thread alone. */
  private Map<TopicPartition, Long> before = Map.of();

  /**
   * @param kafka where the broker is and how it lets this worker in
   */
  @Inject
  Gaps(@Identifier("default-kafka-broker") Map<String, Object> kafka, Positions positions) {
    Map<String, Object> properties = new HashMap<>(KafkaProperties.consumer(kafka));
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    // Where the log was cut meanwhile nothing is known of the gap: it is not to jump to the end.
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 1);
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
    properties.remove(ConsumerConfig.GROUP_ID_CONFIG);
    this.reader =
        new KeptConsumer(
            () ->
                new KafkaConsumer<>(
                    properties, new ByteArrayDeserializer(), new ByteArrayDeserializer()));
    this.positions = positions;
  }

  /**
   * Looks only where the group has stood still since the last time: what is being taken in is no
   * gap.
   *
   * @param stands of the worker's consumer, by partition
   * @param takenIn before which all records that the worker got are done with, by partition
   * @param acknowledged by the group, by partition
   */
  void pass(
      Map<TopicPartition, Long> stands,
      Map<TopicPartition, Long> takenIn,
      Map<TopicPartition, Long> acknowledged) {
    Map<TopicPartition, Long> gaps = new HashMap<>();
    try {
      stands.forEach(
          (partition, position) -> {
            Long from = acknowledged.get(partition);
            if (from != null
                && from < position
                && from.equals(before.get(partition))
                && isEmpty(
                    partition, Math.max(from, takenIn.getOrDefault(partition, 0L)), position)) {
              gaps.put(partition, position);
            }
          });
      if (!gaps.isEmpty()) {
        positions.acknowledge(gaps);
      }
    } catch (KafkaException | TimeoutException e) {
      LOG.debugf("gaps are not passed: %s", e.getMessage());
    }
    before = acknowledged;
  }

  private boolean isEmpty(TopicPartition partition, long from, long to) {
    if (from >= to) {
      return true;
    }
    return reader.look(consumer -> isEmpty(consumer, partition, from, to));
  }

  private static boolean isEmpty(
      Consumer<byte[], byte[]> consumer, TopicPartition partition, long from, long to) {
    consumer.assign(List.of(partition));
    consumer.seek(partition, from);
    long end = System.nanoTime() + ANSWER.toNanos();
    while (consumer.position(partition) < to && System.nanoTime() < end) {
      if (consumer.poll(ANSWER).records(partition).stream().anyMatch(r -> r.offset() < to)) {
        return false;
      }
    }
    return consumer.position(partition) >= to;
  }
}
