package dev.secateur.worker;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.jboss.logging.Logger;

/**
 * Says in Kafka how many orders are open: a record for each, in a topic of its own, past which the
 * group's offset moves when the order is settled, or when it was rung for again behind the others.
 * So the group's lag there is about the number of open orders, also while no worker lives that
 * could say so: a scaler needs to know no more. Nothing else depends on it, and without the topic
 * all but that works.
 */
public final class Doorbell {
  private static final Logger LOG = Logger.getLogger(Doorbell.class);
  private static final Duration ANSWER = Duration.ofSeconds(5);

  /** For a connection to be made, too. */
  private static final Duration LOOK = Duration.ofSeconds(20);

  /** So many records are passed in one go; the rest next time. */
  private static final int MOST = 2000;

  private final EventPublisher publisher;
  private final KeptConsumer consumer;
  private final String topic;
  private final String group;
  private final BooleanSupplier stop;
  private volatile boolean present;
  private volatile boolean isTroubleTold;

  /**
   * @param consumer that looks, with {@link #settings}
   * @param group whose lag tells of pending orders
   * @param stop whether the worker drains
   */
  Doorbell(
      EventPublisher publisher,
      KeptConsumer consumer,
      String topic,
      String group,
      BooleanSupplier stop) {
    this.publisher = publisher;
    this.consumer = consumer;
    this.topic = topic;
    this.group = group;
    this.stop = stop;
  }

  /**
   * @param kafka where the broker is and how it lets this worker in
   * @param group whose lag tells of pending orders
   * @return settings of a consumer that looks
   */
  static Map<String, Object> settings(Map<String, Object> kafka, String group) {
    Map<String, Object> settings = new HashMap<>(kafka);
    settings.put("group.id", group);
    settings.put("enable.auto.commit", "false");
    settings.put("auto.offset.reset", "earliest");
    settings.put("allow.auto.create.topics", "false");
    return settings;
  }

  /** Whether the topic is there, as the broker says from time to time. */
  public void present(boolean isThere) {
    if (isThere && !present) {
      LOG.infof("pending orders are told in %s, as the lag of group %s", topic, group);
    }
    present = isThere;
  }

  /** Rings for an order that stands in the ledger, before its record is acknowledged. */
  public void ring(String order) {
    if (present && !rung(order)) {
      // Nor the next ones, until the topic was looked for again: each would wait as long.
      present = false;
      LOG.warnf("order %s: not rung for: the broker does not take it", order);
    }
  }

  private boolean rung(String order) {
    long end = System.nanoTime() + ANSWER.toNanos();
    return publisher.ring(order, () -> stop.getAsBoolean() || System.nanoTime() - end > 0);
  }

  /**
   * Moves the group past the orders that are settled, and, where the lag is more than a tenth above
   * the number of open ones, past those too, each of which is rung for again. Where it is below,
   * the broker has missed rings: all are rung for, and doubles go the next time. Two workers that
   * do so at once do no harm.
   *
   * @param open the orders that were not settled a moment ago
   * @param isOpen of an order now
   */
  public void pass(Set<String> open, Predicate<String> isOpen) {
    if (!present) {
      return;
    }
    try {
      consumer.look(
          kept -> {
            look(kept, open, isOpen);
            return true;
          });
      if (isTroubleTold) {
        LOG.infof("%s is looked at again", topic);
      }
      isTroubleTold = false;
    } catch (KafkaException e) {
      if (!isTroubleTold) {
        LOG.warnf("%s cannot be looked at, its lag tells nothing: %s", topic, e.getMessage());
      }
      isTroubleTold = true;
    }
  }

  private void look(Consumer<byte[], byte[]> consumer, Set<String> open, Predicate<String> isOpen) {
    List<TopicPartition> partitions = new ArrayList<>();
    for (PartitionInfo partition : consumer.partitionsFor(topic, LOOK)) {
      partitions.add(new TopicPartition(topic, partition.partition()));
    }
    consumer.assign(partitions);
    // Where the others have left off meanwhile.
    Map<TopicPartition, OffsetAndMetadata> stands =
        consumer.committed(Set.copyOf(partitions), LOOK);
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, LOOK);
    long lag = 0;
    for (TopicPartition partition : partitions) {
      OffsetAndMetadata stand = stands.get(partition);
      if (stand == null) {
        consumer.seekToBeginning(List.of(partition));
      } else {
        consumer.seek(partition, stand);
      }
      lag += ends.get(partition) - consumer.position(partition, LOOK);
    }
    boolean again = lag > open.size() + open.size() / 10;
    if (lag < open.size()) {
      open.forEach(this::ring);
    }
    Map<TopicPartition, OffsetAndMetadata> passed = new HashMap<>();
    Set<String> rung = new HashSet<>();
    for (TopicPartition partition : partitions) {
      // What is rung for again meanwhile is behind the end.
      pass(
          consumer,
          partition,
          ends.get(partition),
          passed,
          order ->
              !isOpen.test(order)
                  || again && (rung.contains(order) || rung(order) && rung.add(order)));
    }
    if (!passed.isEmpty()) {
      consumer.commitSync(passed, LOOK);
    }
  }

  private static void pass(
      Consumer<byte[], byte[]> consumer,
      TopicPartition partition,
      long end,
      Map<TopicPartition, OffsetAndMetadata> passed,
      Predicate<String> mayPass) {
    consumer.pause(consumer.assignment());
    consumer.resume(List.of(partition));
    int count = 0;
    while (consumer.position(partition, LOOK) < end && count < MOST) {
      List<ConsumerRecord<byte[], byte[]>> records = consumer.poll(LOOK).records(partition);
      if (records.isEmpty()) {
        return;
      }
      for (ConsumerRecord<byte[], byte[]> ring : records) {
        count++;
        if (ring.offset() >= end || isOrder(ring) && !mayPass.test(order(ring))) {
          return;
        }
        passed.put(partition, new OffsetAndMetadata(ring.offset() + 1));
      }
    }
  }

  private static String order(ConsumerRecord<byte[], byte[]> ring) {
    return new String(ring.key(), StandardCharsets.UTF_8);
  }

  private static boolean isOrder(ConsumerRecord<byte[], byte[]> ring) {
    return ring.key() != null && ring.key().length > 0;
  }
}
