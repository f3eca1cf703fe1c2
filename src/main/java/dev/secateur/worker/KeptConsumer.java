package dev.secateur.worker;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.KafkaException;

/**
 * A consumer that looks at something now and then, through one connection that is kept until it
 * fails: where a worker gets little processor time, a secured one takes longer to make than any
 * look may, and is there the next time.
 */
public final class KeptConsumer {
  private final Supplier<Consumer<byte[], byte[]>> consumers;
  private Optional<Consumer<byte[], byte[]>> kept = Optional.empty();

  public KeptConsumer(Supplier<Consumer<byte[], byte[]>> consumers) {
    this.consumers = consumers;
  }

  /**
   * One look at a time.
   *
   * @throws KafkaException if the broker does not answer
   */
  public synchronized <T> T look(Function<Consumer<byte[], byte[]>, T> look) {
    try {
      if (kept.isEmpty()) {
        kept = Optional.of(consumers.get());
      }
      return look.apply(kept.get());
    } catch (KafkaException e) {
      Optional<Consumer<byte[], byte[]>> failed = kept;
      kept = Optional.empty();
      try {
        failed.ifPresent(consumer -> consumer.close(CloseOptions.timeout(Duration.ZERO)));
      } catch (RuntimeException closing) {
        e.addSuppressed(closing);
      }
      throw e;
    }
  }
}
