package dev.secateur.worker.intake;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * How far records are taken in, by partition. A partition's records come in its order, so before
 * the first that is still in hand, or else after the last that is done, all are done with. What
 * comes again, as after a rebalance, counts anew, and all behind it.
 */
final class TakenIn {
  private final Map<TopicPartition, Partition> partitions = new HashMap<>();

  private static final class Partition {
    private final TreeSet<Long> inHand = new TreeSet<>();

    /** After the last that is done. */
    private long end;

    long before() {
      return inHand.isEmpty() ? end : Math.min(end, inHand.first());
    }
  }

  synchronized void begun(ConsumerRecord<?, ?> record) {
    Partition partition =
        partitions.computeIfAbsent(
            new TopicPartition(record.topic(), record.partition()), p -> new Partition());
    partition.inHand.add(record.offset());
    partition.end = Math.min(partition.end, record.offset());
  }

  synchronized void done(ConsumerRecord<?, ?> record) {
    Partition partition = partitions.get(new TopicPartition(record.topic(), record.partition()));
    partition.inHand.remove(record.offset());
    partition.end = Math.max(partition.end, record.offset() + 1);
  }

  /** The offset in each partition before which nothing is to be done. */
  synchronized Map<TopicPartition, Long> before() {
    Map<TopicPartition, Long> before = new HashMap<>();
    partitions.forEach((partition, stand) -> before.put(partition, stand.before()));
    return before;
  }
}
