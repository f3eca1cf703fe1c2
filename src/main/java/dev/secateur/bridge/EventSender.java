package dev.secateur.bridge;

import dev.secateur.event.CloudEvent;
import dev.secateur.event.KafkaBinding;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;

/**
 * Sends registered events; an event is sent when the broker has it. A producer that failed may
 * never send again, and is replaced.
 */
final class EventSender implements AutoCloseable {
  private final Supplier<Producer<byte[], byte[]>> producers;
  private final String topic;
  private Optional<Producer<byte[], byte[]>> open = Optional.empty();

  EventSender(Supplier<Producer<byte[], byte[]>> producers, String topic) {
    this.producers = producers;
    this.topic = topic;
  }

  /**
   * @throws KafkaException if the broker does not have it
   */
  synchronized void send(CloudEvent event) {
    KafkaBinding.Encoded encoded = KafkaBinding.binary(event);
    byte[] key = event.subject().orElse("").getBytes(StandardCharsets.UTF_8);
    ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, key, encoded.value());
    encoded.headers().forEach(record.headers()::add);
    if (open.isEmpty()) {
      open = Optional.of(producers.get());
    }
    try {
      open.get().send(record).get();
    } catch (ExecutionException e) {
      close();
      throw new KafkaException(topic + ": not sent: " + e.getCause().getMessage(), e.getCause());
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    } catch (KafkaException e) {
      close();
      throw e;
    }
  }

  @Override
  public synchronized void close() {
    open.ifPresent(producer -> producer.close(Duration.ZERO));
    open = Optional.empty();
  }
}
