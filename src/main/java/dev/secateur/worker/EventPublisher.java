package dev.secateur.worker;

import dev.secateur.event.CloudEvent;
import dev.secateur.event.EventType;
import dev.secateur.event.KafkaBinding;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.header.Header;
import org.jboss.logging.Logger;

/** Sends events and dead letters. A result and a dead letter are sent until the broker has them. */
final class EventPublisher {
  private static final Logger LOG = Logger.getLogger(EventPublisher.class);

  /** How often the stop signal is looked at while the broker is silent. */
  private static final long LOOK_SECONDS = 1;

  private static final long PAUSE_NANOS = 500_000_000;

  private final Producer<byte[], byte[]> producer;
  private final WorkerConfiguration.Topics topics;
  private final JobMeters meters;

  EventPublisher(
      Producer<byte[], byte[]> producer, WorkerConfiguration.Topics topics, JobMeters meters) {
    this.producer = producer;
    this.topics = topics;
    this.meters = meters;
  }

  /** Hands a progress event over; whether it arrives is nobody's concern. */
  void progressed(String model, CloudEvent event) {
    try {
      producer.send(
          record(topics.progress(), model, KafkaBinding.binary(event)),
          (metadata, trouble) -> {
            if (trouble == null) {
              meters.sent("progressed");
            }
          });
    } catch (KafkaException e) {
      LOG.debugf("progress event not sent: %s", e.getMessage());
    }
  }

  /**
   * Sends a result and waits until the broker has it.
   *
   * @return false if {@code stop} said so first
   */
  boolean result(String model, CloudEvent event, BooleanSupplier stop) {
    boolean sent = deliver(record(topics.compressed(), model, KafkaBinding.binary(event)), stop);
    if (sent) {
      meters.sent(event.type() == EventType.COMPLETED ? "completed" : "failed");
    }
    return sent;
  }

  /** Copies a record, untouched, to the dead-letter topic and waits until the broker has it. */
  boolean deadLetter(
      ConsumerRecord<byte[], byte[]> original, String reason, String cause, BooleanSupplier stop) {
    ProducerRecord<byte[], byte[]> letter =
        new ProducerRecord<>(
            topics.deadLetters(), null, null, original.key(), original.value(), original.headers());
    header(letter, DeadLetter.REASON, reason);
    header(letter, DeadLetter.CAUSE, Failure.shortened(cause));
    header(letter, DeadLetter.TOPIC, original.topic());
    header(letter, DeadLetter.PARTITION, String.valueOf(original.partition()));
    header(letter, DeadLetter.OFFSET, String.valueOf(original.offset()));
    boolean sent = deliver(letter, stop);
    if (sent) {
      meters.deadLettered(reason);
    }
    return sent;
  }

  /** Tried at least once, also while {@code stop} says so already: the work is done. */
  private boolean deliver(ProducerRecord<byte[], byte[]> record, BooleanSupplier stop) {
    ProducerRecord<byte[], byte[]> sending = record;
    do {
      try {
        if (arrived(producer.send(sending), stop)) {
          return true;
        }
      } catch (ExecutionException | KafkaException e) {
        Throwable cause = e instanceof ExecutionException ? e.getCause() : e;
        LOG.warnf("%s: not sent, trying again: %s", record.topic(), cause.getMessage());
        if (cause instanceof RecordTooLargeException) {
          sending = smaller(sending);
        }
        LockSupport.parkNanos(PAUSE_NANOS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    } while (!stop.getAsBoolean());
    return false;
  }

  /**
   * A dead letter that the broker refuses for its size would block the partition for ever: it goes
   * without its value, and if that is not enough without key and headers of its own. A result is
   * small by construction: {@link Topics} demands a topic that takes it.
   */
  private ProducerRecord<byte[], byte[]> smaller(ProducerRecord<byte[], byte[]> record) {
    if (!record.topic().equals(topics.deadLetters())) {
      return record;
    }
    boolean hasValue = record.value() != null;
    ProducerRecord<byte[], byte[]> small =
        new ProducerRecord<>(
            record.topic(), null, null, hasValue ? record.key() : null, null, List.of());
    for (Header header : record.headers()) {
      if (hasValue || DeadLetter.isOwn(header)) {
        small.headers().add(header);
      }
    }
    if (hasValue) {
      header(small, DeadLetter.OMITTED, String.valueOf(record.value().length));
    }
    return small;
  }

  private static boolean arrived(Future<?> sending, BooleanSupplier stop)
      throws ExecutionException, InterruptedException {
    do {
      try {
        sending.get(LOOK_SECONDS, TimeUnit.SECONDS);
        return true;
      } catch (TimeoutException e) {
        LOG.debug("the broker is silent");
      }
    } while (!stop.getAsBoolean());
    return false;
  }

  private static ProducerRecord<byte[], byte[]> record(
      String topic, String key, KafkaBinding.Encoded encoded) {
    ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, utf8(key), encoded.value());
    for (Map.Entry<String, byte[]> header : encoded.headers().entrySet()) {
      record.headers().add(header.getKey(), header.getValue());
    }
    return record;
  }

  private static void header(ProducerRecord<byte[], byte[]> record, String name, String value) {
    record.headers().remove(name).add(name, utf8(value));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
