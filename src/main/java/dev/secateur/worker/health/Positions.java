package dev.secateur.worker.health;

import dev.secateur.worker.intake.Registrations;
import io.smallrye.mutiny.TimeoutException;
import io.smallrye.reactive.messaging.kafka.KafkaClientService;
import io.smallrye.reactive.messaging.kafka.KafkaConsumer;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jboss.logging.Logger;

/** Where the worker's consumer stands in the partitions that it wants records from. */
@Singleton
final class Positions {
  private static final Logger LOG = Logger.getLogger(Positions.class);
  private static final Duration ANSWER = Duration.ofSeconds(5);

  private final KafkaClientService clients;

  /** Used by the asking thread alone. */
  private Map<TopicPartition, Long> last = Map.of();

  @Inject
  Positions(KafkaClientService clients) {
    this.clients = clients;
  }

  /** A consumer that does not answer stands where it stood. Before the start there is none. */
  Map<TopicPartition, Long> ask() {
    Optional<KafkaConsumer<byte[], byte[]>> consumer =
        Optional.ofNullable(clients.getConsumer(Registrations.CHANNEL));
    try {
      last =
          consumer
              .map(c -> c.runOnPollingThread(Positions::of).await().atMost(ANSWER))
              .orElse(Map.of());
    } catch (TimeoutException | KafkaException e) {
      LOG.debugf("the consumer does not say where it stands: %s", e.getMessage());
    }
    return last;
  }

  /** For the group, where the consumer still has the partition and stands there. */
  void acknowledge(Map<TopicPartition, Long> offsets) {
    Optional.ofNullable(clients.getConsumer(Registrations.CHANNEL))
        .ifPresent(
            consumer ->
                consumer
                    .runOnPollingThread(
                        c -> {
                          Map<TopicPartition, Long> still = of(c);
                          still.entrySet().retainAll(offsets.entrySet());
                          Map<TopicPartition, OffsetAndMetadata> passed = new HashMap<>();
                          still.forEach(
                              (p, offset) -> passed.put(p, new OffsetAndMetadata(offset)));
                          c.commitSync(passed, ANSWER.dividedBy(2));
                        })
                    .await()
                    .atMost(ANSWER));
  }

  private static Map<TopicPartition, Long> of(Consumer<?, ?> consumer) {
    Map<TopicPartition, Long> positions = new HashMap<>();
    for (TopicPartition partition : consumer.assignment()) {
      if (!consumer.paused().contains(partition)) {
        positions.put(partition, consumer.position(partition, ANSWER.dividedBy(2)));
      }
    }
    return positions;
  }
}
