package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.secateur.event.CloudEvent;
import dev.secateur.event.EventType;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

final class EventPublisherTest {
  private static final CloudEvent RESULT =
      new CloudEvent(
          "id",
          "/test",
          EventType.COMPLETED,
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          JsonNodeFactory.instance.objectNode());

  private record Topics(String registered, String progress, String compressed, String deadLetters)
      implements WorkerConfiguration.Topics {}

  @Test
  void aProducerThatLetsAResultExpireIsReplacedAndTheResultSentByTheNext() {
    MeterRegistry registry = new SimpleMeterRegistry();
    MockProducer<byte[], byte[]> stuck = producer(false);
    MockProducer<byte[], byte[]> sound = producer(true);
    Iterator<MockProducer<byte[], byte[]>> producers = List.of(stuck, sound).iterator();
    EventPublisher publisher =
        new EventPublisher(
            producers::next,
            new Topics("registered", "progress", "compressed", "dead-letters"),
            new JobMeters(registry),
            registry);
    CompletableFuture<Boolean> sent =
        CompletableFuture.supplyAsync(() -> publisher.result("model", RESULT, () -> false));
    Awaitility.await().until(() -> stuck.errorNext(new TimeoutException("expired")));
    assertThat(sent).succeedsWithin(Duration.ofSeconds(10)).isEqualTo(true);
    assertThat(stuck.closed()).isTrue();
    assertThat(sound.history()).hasSize(1);
    publisher.close(Duration.ZERO);
    assertThat(sound.closed()).isTrue();
  }

  private static MockProducer<byte[], byte[]> producer(boolean answers) {
    return new MockProducer<>(answers, null, new ByteArraySerializer(), new ByteArraySerializer());
  }
}
