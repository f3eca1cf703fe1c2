package dev.secateur.worker;

import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;

/**
 * A record of the dead-letter topic: the original's key, value and headers, and in headers of its
 * own why it is there and where it came from.
 */
public final class DeadLetter {
  static final String REASON = "dead-letter-reason";
  static final String CAUSE = "dead-letter-cause";
  static final String TOPIC = "dead-letter-topic";
  static final String PARTITION = "dead-letter-partition";
  static final String OFFSET = "dead-letter-offset";

  /** The key of the job that was given up. */
  static final String JOB = "dead-letter-job";

  /** Where the record was too large for the topic: the size of the value left out, in bytes. */
  static final String OMITTED = "dead-letter-omitted-bytes";

  /**
   * Of a record that is to be run again although its job has a result: a text that makes it a job
   * of its own; for a replayed dead letter the job that was given up, so that however often the
   * letters of one job are replayed, they are one more job.
   */
  public static final String REPLAY = "secateur-replay";

  private static final String PREFIX = "dead-letter-";

  private final ConsumerRecord<byte[], byte[]> record;

  private DeadLetter(ConsumerRecord<byte[], byte[]> record) {
    this.record = record;
  }

  public static DeadLetter of(ConsumerRecord<byte[], byte[]> record) {
    return new DeadLetter(record);
  }

  /** A code of {@code docs/operations.md}. */
  public String reason() {
    return text(REASON);
  }

  public String cause() {
    return text(CAUSE);
  }

  /** Topic, partition and offset that the record had. */
  public String position() {
    return text(TOPIC) + "-" + text(PARTITION) + "-" + text(OFFSET);
  }

  /** Whether the topic did not take the record's value, so that there is nothing to replay. */
  public boolean isOmitted() {
    return record.headers().lastHeader(OMITTED) != null;
  }

  /** The original, marked, so that its job is not answered with the failure that it had. */
  public ProducerRecord<byte[], byte[]> replay(String topic) {
    ProducerRecord<byte[], byte[]> again =
        new ProducerRecord<>(topic, null, null, record.key(), record.value());
    for (Header header : record.headers()) {
      if (!isOwn(header) && !header.key().equals(REPLAY)) {
        again.headers().add(header);
      }
    }
    String job = text(JOB);
    again
        .headers()
        .add(REPLAY, (job.isEmpty() ? position() : job).getBytes(StandardCharsets.UTF_8));
    return again;
  }

  static boolean isOwn(Header header) {
    return header.key().startsWith(PREFIX);
  }

  private String text(String name) {
    Header header = record.headers().lastHeader(name);
    return header == null ? "" : new String(header.value(), StandardCharsets.UTF_8);
  }
}
