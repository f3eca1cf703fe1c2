package dev.secateur.worker;

import dev.secateur.event.CloudEvent;
import dev.secateur.event.EventType;
import dev.secateur.event.KafkaBinding;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.header.Header;
import org.jboss.logging.Logger;

/**
 * Sends events and dead letters. A result and a dead letter are sent until the broker has them.
 *
 * <p>An idempotent producer whose first log-in is refused never sends again, whatever happens to
 * the password. So there is none before there is something to send, when a record has come and the
 * broker is known to let this worker in; and one that lets a record expire is replaced.
 */
public final class EventPublisher {
  private static final Logger LOG = Logger.getLogger(EventPublisher.class);

  /** How often the stop signal is looked at while the broker is silent. */
  private static final long LOOK_SECONDS = 1;

  /** Well above the time after which a living producer gives up on a record (two minutes). */
  private static final Duration LONGEST_SILENCE = Duration.ofMinutes(4);

  private final Supplier<Producer<byte[], byte[]>> producers;
  private final WorkerConfiguration.Topics topics;
  private final JobMeters meters;
  private final MeterRegistry registry;
  private final Retry retry;
  private Optional<Open> open = Optional.empty();

  /** A producer and what measures it. */
  private record Open(Producer<byte[], byte[]> producer, KafkaClientMetrics metrics) {
    public void close(Duration most) {
      metrics.close();
      producer.close(most);
    }
  }

  EventPublisher(
      Supplier<Producer<byte[], byte[]>> producers,
      WorkerConfiguration.Topics topics,
      JobMeters meters,
      MeterRegistry registry,
      Retry retry) {
    this.producers = producers;
    this.topics = topics;
    this.meters = meters;
    this.registry = registry;
    this.retry = retry;
  }

  private synchronized Open open() {
    if (open.isEmpty()) {
      Producer<byte[], byte[]> producer = producers.get();
      KafkaClientMetrics metrics = new KafkaClientMetrics(producer);
      metrics.bindTo(registry);
      open = Optional.of(new Open(producer, metrics));
    }
    return open.get();
  }

  /** Unless another thread has done so already. */
  private synchronized void replace(Open failed) {
    if (open.equals(Optional.of(failed))) {
      open = Optional.empty();
      failed.close(Duration.ZERO);
    }
  }

  public synchronized void close(Duration most) {
    open.ifPresent(o -> o.close(most));
    open = Optional.empty();
  }

  /** Hands a progress event over; whether it arrives is nobody's concern. */
  public void progressed(String model, CloudEvent event) {
    try {
      open()
          .producer()
          .send(
              record(topics.progress(), model, KafkaBinding.binary(event)),
              (metadata, trouble) -> {
                if (trouble == null) {
                  meters.sent("progressed");
                }
              });
    } catch (KafkaException | IllegalStateException e) {
      // The latter where another job has replaced the producer meanwhile.
      LOG.debugf("progress event not sent: %s", e.getMessage());
    }
  }

  /**
   * Sends a result and waits until the broker has it.
   *
   * @param registeredId of the event that this sending answers
   * @return false if {@code stop} said so first
   */
  boolean result(String model, CloudEvent event, String registeredId, BooleanSupplier stop) {
    ProducerRecord<byte[], byte[]> record =
        record(topics.compressed(), model, KafkaBinding.binary(event));
    header(record, KafkaBinding.ANSWERS, registeredId);
    header(record, KafkaBinding.ANSWERS_EXTENSION, registeredId);
    boolean sent = deliver(record, stop);
    if (sent) {
      meters.sent(event.type() == EventType.COMPLETED ? "completed" : "failed");
    }
    return sent;
  }

  /**
   * Rings for an order.
   *
   * @param stop when not to try again
   * @return whether the broker has it
   */
  boolean ring(String order, BooleanSupplier stop) {
    return deliver(new ProducerRecord<>(topics.doorbell(), utf8(order), new byte[0]), stop);
  }

  /**
   * Copies a record, untouched, to the dead-letter topic and waits until the broker has it.
   *
   * @param job the key of the job that was given up; empty for a record that is no event
   */
  public boolean deadLetter(
      ConsumerRecord<byte[], byte[]> original,
      String reason,
      String cause,
      Optional<String> job,
      BooleanSupplier stop) {
    ProducerRecord<byte[], byte[]> letter =
        new ProducerRecord<>(
            topics.deadLetters(), null, null, original.key(), original.value(), original.headers());
    header(letter, DeadLetter.REASON, reason);
    header(letter, DeadLetter.CAUSE, Failure.shortened(cause));
    header(letter, DeadLetter.TOPIC, original.topic());
    header(letter, DeadLetter.PARTITION, String.valueOf(original.partition()));
    header(letter, DeadLetter.OFFSET, String.valueOf(original.offset()));
    job.ifPresent(key -> header(letter, DeadLetter.JOB, key));
    boolean sent = deliver(letter, stop);
    if (sent) {
      meters.deadLettered(reason);
    }
    return sent;
  }

  /** Tried at least once, also while {@code stop} says so already: the work is done. */
  private boolean deliver(ProducerRecord<byte[], byte[]> record, BooleanSupplier stop) {
    AtomicReference<ProducerRecord<byte[], byte[]>> sending = new AtomicReference<>(record);
    return retry
        .insist(
            () -> delivered(sending.get(), stop),
            e -> {
              LOG.warnf("%s: not sent, trying again: %s", record.topic(), e.getMessage());
              if (e instanceof RecordTooLargeException) {
                sending.updateAndGet(this::smaller);
              }
            },
            stop)
        .orElse(false);
  }

  /**
   * @return false if {@code stop} said so before the broker did
   * @throws KafkaException if it was not sent
   */
  private boolean delivered(ProducerRecord<byte[], byte[]> record, BooleanSupplier stop) {
    Optional<Open> used = Optional.empty();
    boolean accepted = false;
    try {
      used = Optional.of(open());
      Future<?> future = used.get().producer().send(record);
      accepted = !future.isDone();
      return arrived(future, stop);
    } catch (ExecutionException | KafkaException | IllegalStateException e) {
      // The last where another job has replaced the producer meanwhile.
      Throwable cause = e instanceof ExecutionException ? e.getCause() : e;
      if (isSpent(cause, accepted)) {
        used.ifPresent(this::replace);
      }
      throw cause instanceof KafkaException already
          ? already
          : new KafkaException(cause.getMessage(), cause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * Whether a producer that failed so is of no more use, as one in a fatal state. Where nobody is
   * known to lead the topic a record fails before it is accepted, and may be accepted next time;
   * what is wrong with a record or its topic is not the producer's.
   */
  private static boolean isSpent(Throwable cause, boolean accepted) {
    return cause instanceof TimeoutException
        ? accepted
        : cause instanceof KafkaException
            && !(cause instanceof RecordTooLargeException
                || cause instanceof InvalidTopicException
                || cause instanceof TopicAuthorizationException);
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
    long end = System.nanoTime() + LONGEST_SILENCE.toNanos();
    do {
      try {
        sending.get(LOOK_SECONDS, TimeUnit.SECONDS);
        return true;
      } catch (java.util.concurrent.TimeoutException e) {
        LOG.debug("the broker is silent");
      }
      if (System.nanoTime() > end) {
        throw new TimeoutException("the producer neither sends nor gives up");
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
