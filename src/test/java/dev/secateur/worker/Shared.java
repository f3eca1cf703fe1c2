package dev.secateur.worker;

import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import org.apache.kafka.clients.producer.Producer;

/** What the rooms share, for tests of a room alone. */
public final class Shared {
  private Shared() {}

  private record Topics(
      String registered, String progress, String compressed, String deadLetters, String doorbell)
      implements WorkerConfiguration.Topics {}

  public static JobMeters meters(MeterRegistry registry, Work work) {
    return new JobMeters(registry, work);
  }

  /** Sends to the topics {@code progress}, {@code compressed}, {@code dlq} and {@code bell}. */
  public static EventPublisher publisher(
      Producer<byte[], byte[]> broker, JobMeters meters, MeterRegistry registry) {
    return new EventPublisher(
        () -> broker,
        new Topics("in", "progress", "compressed", "dlq", "bell"),
        meters,
        registry,
        retry());
  }

  /** One that does not wait for long. */
  public static Retry retry() {
    Duration brief = Duration.ofMillis(1);
    return new Retry(new Work(), brief, brief);
  }

  /** One whose topic is not there. */
  public static Doorbell doorbell(EventPublisher publisher, Work work) {
    return new Doorbell(
        publisher,
        new KeptConsumer(
            () -> {
              throw new IllegalStateException("nobody looks");
            }),
        "bell",
        "group",
        work::isDraining);
  }
}
