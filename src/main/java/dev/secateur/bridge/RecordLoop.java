package dev.secateur.bridge;

import dev.secateur.store.StoreException;
import dev.secateur.store.Waits;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jboss.logging.Logger;

/**
 * Reads a topic on one thread. A record is acknowledged when its work is done; where that throws,
 * all waits a while, and the record comes again.
 */
final class RecordLoop implements Runnable {
  private static final Logger LOG = Logger.getLogger(RecordLoop.class);
  private static final Duration LOOK = Duration.ofMillis(200);
  private static final Duration SHORTEST_PAUSE = Duration.ofMillis(500);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  private final Supplier<Consumer<byte[], byte[]>> consumers;
  private final String topic;
  private final Work work;
  private volatile boolean stopped;
  private volatile long moved = System.nanoTime();
  private volatile Optional<String> trouble = Optional.of("nothing was read yet");

  /** What is done, all of it on the loop's thread. */
  interface Work {
    void take(ConsumerRecord<byte[], byte[]> record);

    /** Between records, several times a second. */
    default void between() {}
  }

  RecordLoop(Supplier<Consumer<byte[], byte[]>> consumers, String topic, Work work) {
    this.consumers = consumers;
    this.topic = topic;
    this.work = work;
  }

  void stop() {
    stopped = true;
  }

  /** What keeps it from its work; empty: nothing. */
  Optional<String> trouble() {
    return trouble;
  }

  /** Since it last did anything, be it to fail. */
  Duration silence() {
    return Duration.ofNanos(System.nanoTime() - moved);
  }

  @Override
  public void run() {
    Waits waits = new Waits(SHORTEST_PAUSE, LONGEST_PAUSE);
    while (!stopped) {
      try (Consumer<byte[], byte[]> consumer = consumers.get()) {
        consumer.subscribe(List.of(topic));
        while (!stopped) {
          moved = System.nanoTime();
          work.between();
          take(consumer, consumer.poll(LOOK));
          trouble = Optional.empty();
          waits = new Waits(SHORTEST_PAUSE, LONGEST_PAUSE);
        }
      } catch (RuntimeException e) {
        say(e);
        sleep(waits.next());
      }
    }
  }

  private void take(Consumer<byte[], byte[]> consumer, ConsumerRecords<byte[], byte[]> records) {
    for (TopicPartition partition : records.partitions()) {
      for (ConsumerRecord<byte[], byte[]> record : records.records(partition)) {
        if (stopped) {
          return;
        }
        work.take(record);
        moved = System.nanoTime();
        consumer.commitSync(Map.of(partition, new OffsetAndMetadata(record.offset() + 1)));
      }
    }
  }

  private void say(RuntimeException e) {
    String message = String.valueOf(e.getMessage());
    if (!trouble.equals(Optional.of(message))) {
      boolean expected =
          e instanceof MlflowException
              || e instanceof StoreException
              || e instanceof KafkaException;
      if (expected) {
        LOG.warnf("waiting: %s", message);
      } else {
        LOG.error("waiting, since something unforeseen happened", e);
      }
    }
    trouble = Optional.of(message);
    moved = System.nanoTime();
  }

  private void sleep(Duration pause) {
    long end = System.nanoTime() + pause.toNanos();
    while (!stopped && System.nanoTime() < end) {
      try {
        Thread.sleep(LOOK.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        stopped = true;
      }
    }
  }
}
