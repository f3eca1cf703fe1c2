package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.secateur.event.CloudEvent;
import dev.secateur.event.EventType;
import dev.secateur.event.KafkaBinding;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

final class EventPublisherTest {
  private static final int LIMIT = 1000;

  private record Topics(
      String registered, String progress, String compressed, String deadLetters, String doorbell)
      implements WorkerConfiguration.Topics {}

  private static final Topics TOPICS = new Topics("in", "progress", "out", "dlq", "bell");

  /** A topic that takes records of up to {@link #LIMIT} bytes. */
  private static final class SmallTopic extends MockProducer<byte[], byte[]> {
    SmallTopic() {
      super(true, null, new ByteArraySerializer(), new ByteArraySerializer());
    }

    @Override
    public synchronized Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record) {
      int bytes = size(record.key()) + size(record.value());
      for (Header header : record.headers()) {
        bytes += header.key().length() + size(header.value());
      }
      return bytes > LIMIT
          ? CompletableFuture.failedFuture(new RecordTooLargeException(bytes + " bytes"))
          : super.send(record);
    }

    private static int size(byte[] bytes) {
      return bytes == null ? 0 : bytes.length;
    }
  }

  private static ProducerRecord<byte[], byte[]> deadLetter(int key, int value, int header) {
    SmallTopic topic = new SmallTopic();
    MeterRegistry registry = new SimpleMeterRegistry();
    EventPublisher publisher =
        new EventPublisher(
            () -> topic, TOPICS, new JobMeters(registry, new Work()), registry, Shared.retry());
    ConsumerRecord<byte[], byte[]> original =
        new ConsumerRecord<>("in", 3, 14, new byte[key], new byte[value]);
    original.headers().add("ce_id", new byte[header]);
    assertThat(
            publisher.deadLetter(
                original, "broken-json", "the cause", Optional.empty(), () -> false))
        .isTrue();
    assertThat(topic.history()).hasSize(1);
    return topic.history().get(0);
  }

  @Test
  void aDeadLetterIsTheRecordUntouched() {
    ProducerRecord<byte[], byte[]> letter = deadLetter(10, 100, 20);
    assertThat(letter.key()).hasSize(10);
    assertThat(letter.value()).hasSize(100);
    assertThat(letter.headers().lastHeader("ce_id").value()).hasSize(20);
    assertThat(header(letter, DeadLetter.REASON)).isEqualTo("broken-json");
    assertThat(header(letter, DeadLetter.OFFSET)).isEqualTo("14");
  }

  @Test
  void aDeadLetterWhoseValueIsTooLargeForTheTopicGoesWithoutIt() {
    ProducerRecord<byte[], byte[]> letter = deadLetter(10, 5000, 20);
    assertThat(letter.value()).isNull();
    assertThat(letter.key()).hasSize(10);
    assertThat(letter.headers().lastHeader("ce_id").value()).hasSize(20);
    assertThat(header(letter, DeadLetter.OMITTED)).isEqualTo("5000");
  }

  @Test
  void aDeadLetterWhoseHeadersAreTooLargeForTheTopicTellsOnlyWhyAndWhere() {
    ProducerRecord<byte[], byte[]> letter = deadLetter(2000, 100, 3000);
    assertThat(letter.value()).isNull();
    assertThat(letter.key()).isNull();
    assertThat(letter.headers().lastHeader("ce_id")).isNull();
    assertThat(header(letter, DeadLetter.OMITTED)).isEqualTo("100");
    assertThat(header(letter, DeadLetter.CAUSE)).isEqualTo("the cause");
    assertThat(header(letter, DeadLetter.PARTITION)).isEqualTo("3");
  }

  private static String header(ProducerRecord<byte[], byte[]> record, String name) {
    return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
  }

  private static final CloudEvent RESULT =
      new CloudEvent(
          "id",
          "/test",
          EventType.COMPLETED,
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          JsonNodeFactory.instance.objectNode());

  @Test
  void aProducerThatLetsAResultExpireIsReplacedAndTheResultSentByTheNext() {
    MeterRegistry registry = new SimpleMeterRegistry();
    MockProducer<byte[], byte[]> stuck = producer(false);
    MockProducer<byte[], byte[]> sound = producer(true);
    Iterator<MockProducer<byte[], byte[]>> producers = List.of(stuck, sound).iterator();
    EventPublisher publisher =
        new EventPublisher(
            producers::next, TOPICS, new JobMeters(registry, new Work()), registry, Shared.retry());
    CompletableFuture<Boolean> sent =
        CompletableFuture.supplyAsync(
            () -> publisher.result("model", RESULT, "asked", () -> false));
    Awaitility.await().until(() -> stuck.errorNext(new TimeoutException("expired")));
    assertThat(sent).succeedsWithin(Duration.ofMinutes(1)).isEqualTo(true);
    assertThat(stuck.closed()).isTrue();
    assertThat(sound.history()).hasSize(1);
    assertThat(header(sound.history().get(0), KafkaBinding.ANSWERS)).isEqualTo("asked");
    publisher.close(Duration.ZERO);
    assertThat(sound.closed()).isTrue();
  }

  private static MockProducer<byte[], byte[]> producer(boolean answers) {
    return new MockProducer<>(answers, null, new ByteArraySerializer(), new ByteArraySerializer());
  }
}
