package dev.secateur.worker;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jboss.logging.Logger;

/**
 * Says in Kafka that orders are pending: a record for each, in a topic of its own, past which the
 * group's offset moves only when the order is settled. So the group's lag there is above zero as
 * long as anything is pending, also while no worker lives that could say so: enough to start one.
 * Nothing else depends on it, and without the topic all but that works.
 */
final class Doorbell {
  private static final Logger LOG = Logger.getLogger(Doorbell.class);
  private static final Duration ANSWER = Duration.ofSeconds(5);

  /** So many settled orders are passed in one go; the rest next time. */
  private static final int MOST = 2000;

  private final EventPublisher publisher;
  private final Map<String, Object> kafka;
  private final String topic;
  private final String group;
  private final BooleanSupplier stop;
  private volatile boolean present;

  /**
   * @param kafka where the broker is and how it lets this worker in
   * @param group whose lag tells of pending orders
   * @param stop whether the worker drains
   */
  Doorbell(
      EventPublisher publisher,
      Map<String, Object> kafka,
      String topic,
      String group,
      BooleanSupplier stop) {
    this.publisher = publisher;
    this.kafka = new HashMap<>(kafka);
    this.kafka.put("group.id", group);
    this.kafka.put("enable.auto.commit", "false");
    this.kafka.put("auto.offset.reset", "earliest");
    this.kafka.put("allow.auto.create.topics", "false");
    this.topic = topic;
    this.group = group;
    this.stop = stop;
  }

  /** Whether the topic is there, as the broker says from time to time. */
  void present(boolean isThere) {
    if (isThere && !present) {
      LOG.infof("pending orders are told in %s, as the lag of group %s", topic, group);
    }
    present = isThere;
  }

  /** Rings for an order that stands in the ledger, before its record is acknowledged. */
  void ring(String order) {
    if (present) {
      long end = System.nanoTime() + ANSWER.toNanos();
      publisher.ring(order, () -> stop.getAsBoolean() || System.nanoTime() - end > 0);
    }
  }

  /**
   * Moves the group past the orders that are settled. Two workers that do so at once do no harm.
   *
   * @param pending of an order
   */
  void pass(Predicate<String> pending) {
    if (!present) {
      return;
    }
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(kafka, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions = new ArrayList<>();
      for (PartitionInfo partition : consumer.partitionsFor(topic, ANSWER)) {
        partitions.add(new TopicPartition(topic, partition.partition()));
      }
      consumer.assign(partitions);
      Map<TopicPartition, OffsetAndMetadata> passed = new HashMap<>();
      for (TopicPartition partition : partitions) {
        pass(consumer, partition, pending, passed);
      }
      if (!passed.isEmpty()) {
        consumer.commitSync(passed, ANSWER);
      }
    } catch (KafkaException e) {
      LOG.debugf("the doorbell is not looked at: %s", e.getMessage());
    }
  }

  private static void pass(
      KafkaConsumer<byte[], byte[]> consumer,
      TopicPartition partition,
      Predicate<String> pending,
      Map<TopicPartition, OffsetAndMetadata> passed) {
    long end = consumer.endOffsets(List.of(partition), ANSWER).get(partition);
    consumer.pause(consumer.assignment());
    consumer.resume(List.of(partition));
    int count = 0;
    while (consumer.position(partition, ANSWER) < end && count < MOST) {
      List<ConsumerRecord<byte[], byte[]>> records = consumer.poll(ANSWER).records(partition);
      if (records.isEmpty()) {
        return;
      }
      for (ConsumerRecord<byte[], byte[]> ring : records) {
        count++;
        if (isOrder(ring) && pending.test(new String(ring.key(), StandardCharsets.UTF_8))) {
          return;
        }
        passed.put(partition, new OffsetAndMetadata(ring.offset() + 1));
      }
    }
  }

  private static boolean isOrder(ConsumerRecord<byte[], byte[]> ring) {
    return ring.key() != null && ring.key().length > 0;
  }
}
