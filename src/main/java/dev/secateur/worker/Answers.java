package dev.secateur.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.CloudEvent;
import dev.secateur.event.EventJson;
import dev.secateur.event.KafkaBinding;
import dev.secateur.event.MalformedEventException;
import dev.secateur.ledger.Result;
import dev.secateur.result.Engine;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * What an order, or a record that cannot become one, is told: a result as the ledger keeps it, and
 * its sending. Sent is what stands in the ledger, however often.
 */
@Singleton
public final class Answers {
  private final EventPublisher publisher;
  private final String worker;
  private final BooleanSupplier stop;

  @Inject
  Answers(EventPublisher publisher, WorkerId worker, Work work) {
    this(publisher, worker.value(), work::stopsWaiting);
  }

  /**
   * @param stop whether the worker drains
   */
  public Answers(EventPublisher publisher, String worker, BooleanSupplier stop) {
    this.publisher = publisher;
    this.worker = worker;
    this.stop = stop;
  }

  /** Who answers. */
  public String worker() {
    return worker;
  }

  /**
   * A result that may be settled.
   *
   * @param shared see {@link Result}
   */
  public Result result(String order, long epoch, int attempts, CloudEvent event, boolean shared) {
    return new Result(
        order,
        epoch,
        attempts,
        worker,
        Engine.VERSION,
        event.data().path("outcome").asText(),
        shared,
        event.data().path("reason").path("retried").asBoolean(),
        tree(event),
        Instant.now());
  }

  /**
   * Sends a result and, where the job was given up, the dead letter.
   *
   * @param registeredId of the event that this sending answers
   * @param original the record that it came with
   * @return false if the worker drained first
   */
  public boolean send(Result result, String registeredId, ConsumerRecord<byte[], byte[]> original) {
    CloudEvent event = event(result);
    String model = event.data().at("/model/name").asText();
    if (!publisher.result(model, event, registeredId, stop)) {
      return false;
    }
    if (!result.letter()) {
      return true;
    }
    JsonNode reason = event.data().path("reason");
    return publisher.deadLetter(
        original,
        reason.path("code").asText(),
        reason.path("message").asText(),
        Optional.of(event.data().at("/job/key").asText()),
        stop);
  }

  private static ObjectNode tree(CloudEvent event) {
    try {
      return (ObjectNode) EventJson.parse(KafkaBinding.structured(event).value());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static CloudEvent event(Result result) {
    byte[] bytes = EventJson.bytes(result.event());
    try {
      return KafkaBinding.read(
          KafkaBinding.STRUCTURED_HEADERS, Optional.of(bytes), bytes.length, "");
    } catch (MalformedEventException e) {
      throw new IllegalStateException("result of order " + result.order() + ": " + e, e);
    }
  }
}
