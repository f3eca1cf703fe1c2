package dev.secateur.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

final class EventPublisherTest {
  private static final int LIMIT = 1000;

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
    EventPublisher publisher =
        new EventPublisher(topic, new Names(), new JobMeters(new SimpleMeterRegistry()));
    ConsumerRecord<byte[], byte[]> original =
        new ConsumerRecord<>("in", 3, 14, new byte[key], new byte[value]);
    original.headers().add("ce_id", new byte[header]);
    assertThat(publisher.deadLetter(original, "broken-json", "the cause", () -> false)).isTrue();
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

  private static final class Names implements WorkerConfiguration.Topics {
    @Override
    public String registered() {
      return "in";
    }

    @Override
    public String progress() {
      return "progress";
    }

    @Override
    public String compressed() {
      return "out";
    }

    @Override
    public String deadLetters() {
      return "dlq";
    }
  }
}
